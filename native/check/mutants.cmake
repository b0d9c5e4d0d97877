# mutant(name build check expected): with MUTANT(name) true, the check must fail in that build with a message that matches.
function(mutant name build check expected)
  add_test(NAME mutant-${name}-${build}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:check-${build}> -DMUTANT=${name} -DCHECK=${check} -DEXPECTED=${expected}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/expect_failure.cmake)
  set_tests_properties(mutant-${name}-${build} PROPERTIES LABELS mutant TIMEOUT 60)
endfunction()

# every_wait(kernel checks [N...]): the checks must fail in check-race for each __syncthreads, __syncwarp and copy_async_wait of the
# kernel that is left out, but those of these numbers, which are not needed.
function(every_wait kernel check)
  add_test(NAME every-wait-${kernel}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:check-race> -DKERNEL=${kernel} "-DCHECK=${check}" "-DNEEDLESS=${ARGN}"
            -P ${CMAKE_CURRENT_SOURCE_DIR}/every_wait.cmake)
  set_tests_properties(every-wait-${kernel} PROPERTIES LABELS mutant TIMEOUT 300)
endfunction()

every_wait(product product_is_right)
every_wait(histogram histogram_is_right)
every_wait(reduce reduce_is_right)
every_wait(smallest smallest_is_right)

mutant(product_misaligned_copy sanitized product_is_right "cp.async needs addresses aligned")
mutant(product_copy_elsewhere sanitized product_is_right "cp.async to .* not shared memory")
mutant(product_misaligned_matrix sanitized product_is_right "ldmatrix needs addresses aligned")
mutant(product_wrong_row sanitized product_is_right "WRONG")
mutant(product_short_wait sanitized product_is_right "WRONG")
mutant(product_short_wait race product_is_right "UNFINISHED cp.async")
mutant(product_no_barrier_after_wait race product_is_right "UNFINISHED cp.async|RACE in shared|UNWRITTEN")
mutant(product_no_barrier_at_end race product_is_right "RACE in shared")
mutant(product_dynamic_overflow sanitized product_is_right "heap-buffer-overflow|not shared memory")
mutant(product_tail_read sanitized product_is_right "AddressSanitizer: use-after-poison")
mutant(product_tail_write sanitized product_is_right "AddressSanitizer: use-after-poison")
mutant(product_tail_write race product_is_right "beyond the ends")

mutant(histogram_stale sanitized histogram_is_right "WRONG")
mutant(histogram_stale race histogram_is_right "UNWRITTEN shared memory")
mutant(histogram_no_barrier sanitized histogram_is_right "WRONG")
mutant(histogram_no_barrier race histogram_is_right "RACE in shared|UNWRITTEN")
mutant(histogram_plain_add race histogram_is_right "RACE in shared")
mutant(histogram_plain_between_blocks race histogram_is_right "RACE between blocks")
mutant(histogram_bin_too_many sanitized histogram_is_right "heap-buffer-overflow|use-after-poison")

mutant(reduce_early_exit sanitized reduce_is_right "names exited|exits while lanes")
mutant(reduce_tail sanitized reduce_is_right "use-after-poison")
mutant(reduce_misaligned_vector sanitized reduce_is_right "misaligned address")
mutant(reduce_short_mask sanitized reduce_is_right "mask 0000ffff lacks")
mutant(reduce_lane_outside_mask sanitized reduce_is_right "which mask 0000ffff lacks")
mutant(reduce_deadlock sanitized reduce_is_right "deadlock")
mutant(reduce_static_overflow sanitized reduce_is_right "insufficient space|global-buffer-overflow")
mutant(reduce_nobody_writes race reduce_is_right "UNWRITTEN shared memory")
mutant(reduce_divergent_barrier sanitized reduce_is_right "different __syncthreads")
mutant(reduce_no_barrier sanitized reduce_is_right "WRONG")
mutant(reduce_no_barrier race reduce_is_right "RACE in shared|UNWRITTEN")

mutant(smallest_no_syncwarp_before_write race smallest_is_right "RACE in shared")
mutant(smallest_no_syncwarp_after_write race smallest_is_right "RACE in shared|UNWRITTEN")
mutant(smallest_shuffle_for_syncwarp race smallest_is_right "RACE in shared")
mutant(smallest_half_syncwarp race smallest_is_right "RACE in shared")
mutant(smallest_other_primitive sanitized smallest_is_right "different warp primitives")
mutant(smallest_same_place race smallest_is_right "RACE in global")
