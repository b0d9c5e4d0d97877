# Mutants of the kernels themselves: a copy of their sources with one text replaced, compiled without optimisation, must fail
# every_route_is_exact (every_way_is_exact of inverted lists) with the message expected. The text must stand in its file
# exactly once.
file(GLOB kernel_sources CONFIGURE_DEPENDS ../cuda/*.cu ../cuda/*.cuh)
file(GLOB kernel_checks CONFIGURE_DEPENDS *.h main.cpp mutant_search.cpp mutant_lists.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${kernel_sources} ${kernel_checks})


# Flags of a program of that build: sanitized or race. Compiling is most of the time, so it does not optimise.
function(kernel_mutant_flags target build)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_definitions(${target} PRIVATE HOST_CUDA_CHECKS)
  target_compile_options(${target} PRIVATE -O0 -g1 -ffp-contract=off -w)
  if(build STREQUAL race)
    target_compile_definitions(${target} PRIVATE HOST_CUDA_RACE)
    target_compile_options(${target} PRIVATE -fsanitize=thread -fno-tree-loop-im -fno-pie)
  else()
    target_compile_options(${target} PRIVATE ${sanitizers} -fsanitize-sections=cuda_shared)
  endif()
endfunction()

foreach(build sanitized race)
  add_library(kernel_mutant_main_${build} OBJECT main.cpp)
  kernel_mutant_flags(kernel_mutant_main_${build} ${build})
endforeach()

# kernel_mutant(name build file from to expected)
function(kernel_mutant name build file from to expected)
  mutant_of(mutant_search.cpp every_route_is_exact ${name} ${build} ${file} "${from}" "${to}" "${expected}")
endfunction()

function(list_mutant name build file from to expected)
  mutant_of(mutant_lists.cpp every_way_is_exact ${name} ${build} ${file} "${from}" "${to}" "${expected}")
endfunction()

function(mutant_of program check name build file from to expected)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name})
  foreach(source IN LISTS kernel_sources kernel_checks)
    get_filename_component(source_name ${source} NAME)
    get_filename_component(source_folder ${source} DIRECTORY)
    get_filename_component(source_folder ${source_folder} NAME)
    if(NOT source_name STREQUAL file)
      configure_file(${source} ${folder}/${source_folder}/${source_name} COPYONLY)
    endif()
  endforeach()
  file(READ ${CMAKE_CURRENT_SOURCE_DIR}/../cuda/${file} text)
  string(REPLACE "${from}" "" without "${text}")
  string(LENGTH "${text}" length)
  string(LENGTH "${without}" length_without)
  string(LENGTH "${from}" length_from)
  math(EXPR times "(${length} - ${length_without}) / ${length_from}")
  if(NOT times EQUAL 1)
    message(FATAL_ERROR "mutant ${name}: its text stands ${times} times in native/cuda/${file} (expected: once)")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  file(GENERATE OUTPUT ${folder}/cuda/${file} CONTENT "${text}") # touched only if it changes

  set(target mutant-${name})
  add_executable(${target} ${folder}/check/${program})
  kernel_mutant_flags(${target} ${build})
  target_link_libraries(${target} PRIVATE kernel_mutant_main_${build})
  if(build STREQUAL race)
    target_link_options(${target} PRIVATE -no-pie)
    target_link_libraries(${target} PRIVATE race)
  else()
    target_link_options(${target} PRIVATE ${sanitizers})
  endif()
  add_test(NAME ${target}-${build}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -DSCHEDULE=forward -DCHECK=${check}
            "-DEXPECTED=${expected}" -P ${CMAKE_CURRENT_SOURCE_DIR}/expect_failure.cmake)
  set_tests_properties(${target}-${build} PROPERTIES LABELS mutant TIMEOUT 120)
endfunction()

kernel_mutant(gemm_barrier_removed race gemm.cuh "            __syncthreads(); // the copies" "            // the copies"
  "UNFINISHED cp.async|RACE in shared|UNWRITTEN")
kernel_mutant(gemm_short_wait sanitized gemm.cuh "copy_async_wait<S::STAGES - 2>()" "copy_async_wait<S::STAGES - 1>()" "WRONG")
kernel_mutant(gemm_misaligned_copy sanitized gemm.cuh "copy_async_16(to + i * 16, in.row_unit"
  "copy_async_16(to + i * 16 + 8, in.row_unit" "cp.async needs addresses aligned")
kernel_mutant(gemm_wrong_fragment_row sanitized gemm.cuh "2 * k + (lane >> 3 & 1)" "2 * k + (lane >> 4 & 1)" "WRONG")
kernel_mutant(gemm_wrong_query_fragment sanitized gemm.cuh "* 16 + lane % 16;" "* 16 + lane % 8;" "WRONG")
kernel_mutant(gemm_shared_overflow sanitized gemm.cuh "STAGE_BYTES = MASK + 128" "STAGE_BYTES = MASK + 4096"
  "heap-buffer-overflow|not shared memory")
kernel_mutant(gemm_mask_forgotten sanitized gemm.cuh "bits & 2 ? start.y : INFINITY" "start.y" "WRONG")
kernel_mutant(append_global_overflow sanitized gemm.cu "if (at < capacity)" "if (at <= capacity)" "use-after-poison")
kernel_mutant(ingest_tail_off_by_one sanitized ingest.cu "there = row < n" "there = row <= n" "heap-buffer-overflow")
kernel_mutant(ingest_wrong_lane_mask sanitized ingest.cu "__shfl_xor_sync(~0u, x, lane)" "__shfl_xor_sync(0xffffu, x, lane)"
  "mask 0000ffff lacks")
kernel_mutant(ingest_barrier_removed race ingest.cu "    __syncthreads();\n    if (warp < 3)" "    if (warp < 3)"
  "RACE in shared|UNWRITTEN")
kernel_mutant(groups_stale_count race groups.cu "        count = 0;" "" "UNWRITTEN shared memory")
kernel_mutant(groups_read_limit_race race groups.cu "    __syncthreads(); // all have read the limit from before" ""
  "RACE in global")
kernel_mutant(sort_barrier_removed race sort.cuh "        stage_barrier(before, 2 * stride);\n" "" "RACE in shared")
kernel_mutant(rescore_plain_count race rescore.cu "atomicAdd(&pool_counts[query], 1)" "pool_counts[query]++" "RACE")
kernel_mutant(rescore_other_order sanitized rescore.cu "__shfl_xor_sync(~0u, sum, 4)" "__shfl_xor_sync(~0u, sum, 7)" "WRONG")
kernel_mutant(merge_counts_too_early race rescore.cu "    __syncthreads(); // all have read the counts" "" "RACE in global")
kernel_mutant(direct_barrier_removed race direct.cu "        __syncthreads();\n        if (l2)" "        if (l2)"
  "RACE in shared|UNWRITTEN")
kernel_mutant(product_wrong_lane sanitized direct.cu "row < n && allowed(mask, row)) {"
  "row < n && allowed(mask, row ^ 1)) {" "WRONG")

list_mutant(plan_plain_cursor race plan.cu "atomicAdd(&cursors[list], 1)" "cursors[list]++" "RACE")
list_mutant(plan_barrier_removed race plan.cu "        __syncthreads(); // before the sums" "        // before the sums" "RACE in shared")
list_mutant(lists_probe_overrun sanitized groups.cu "if (begins[middle] <= i)" "if (begins[middle] < i)"
  "WRONG|use-after-poison|heap-buffer-overflow")
list_mutant(codes_other_order sanitized cells.cuh "(s[0] + s[1]) + (s[2] + s[3])" "((s[0] + s[1]) + s[2]) + s[3]" "WRONG")
list_mutant(codes_wrong_transpose sanitized scan_lut.cu "lane / 4 + 8 * i" "lane / 4 + 4 * i" "WRONG")
list_mutant(fragments_wrong_row sanitized scan_mma.cu "word[0] >> 8 * i & 255" "word[0] >> 8 * (i ^ 1) & 255" "WRONG")
list_mutant(fragments_wrong_dims sanitized scan_mma.cu "16 * step + 4 * t" "16 * step + 4 * (t ^ 1)" "WRONG")
list_mutant(fragments_mask_forgotten sanitized scan_mma.cu "allowed >> slot & 1 && " "" "WRONG")
list_mutant(fragments_barrier_removed race scan_mma.cu "            __syncthreads(); // nobody reads the queries" "            // nobody"
  "RACE in shared|UNWRITTEN")
list_mutant(rows_other_group sanitized scan_rows.cu "from % GROUPS * UNITS" "(from + 1) % GROUPS * UNITS" "WRONG")
list_mutant(rows_pairs_barrier_removed race scan_rows.cu
  "        pairs.load(plan, item);\n        __syncthreads();" "        pairs.load(plan, item);" "RACE in shared|UNWRITTEN")
list_mutant(sq_truncates sanitized scan_sq.cu "__float2int_rn(" "static_cast<int>(" "WRONG")
list_mutant(sq_other_order sanitized scan_sq.cu "fmaf(scale, static_cast<float>(product), __fadd_rn(term, add))"
  "fmaf(scale, static_cast<float>(product), term) + add" "WRONG")
list_mutant(sq_mask_forgotten sanitized scan_sq.cu "allowed(mask, slot) ? terms[slot] : INFINITY" "terms[slot]" "WRONG")
list_mutant(sq_plain_count race scan_sq.cu "atomicAdd(&count, 1)" "count++" "RACE in shared")
list_mutant(refine_keeps_the_old_top sanitized rescore.cu "        top_counts[query] = 0;" "" "WRONG")

# Left out without harm: the last wait of a product (only empty groups remain); in merge_top the wait before a piece, as long as the
# block divides it; in select_k and list_means that before a sort, which follows another or the begin; in select_k a second attempt.
every_wait(ingest_rows shadows_lie_where_panels_say)
every_wait(gemm_groupmin_small group_minima_are_within_their_bound 3)
every_wait(gemm_groupmin_resident group_minima_are_within_their_bound 3)
every_wait(gemm_groupmin_streamed group_minima_are_within_their_bound 3)
every_wait(gemm_append_resident searches_are_exact_in_every_shape_of_the_product 3)
every_wait(gemm_append_streamed searches_are_exact_in_every_shape_of_the_product 3)
every_wait(direct_groupmin direct_minima_are_within_their_bound)
every_wait(groups_select "groups_are_those_within_the_limit;searches_go_on_in_pieces_when_candidates_overflow")
every_wait(merge_top pools_are_merged_in_order 2)
every_wait(select_k select_k_sorts_as_a_plain_sort 3 11)
every_wait(plan_lists lists_may_be_more_than_a_block_of_threads)
every_wait(lists_groupmin items_hold_more_queries_than_one_block_takes 5)
every_wait(lists_direct items_hold_more_queries_than_one_block_takes)
every_wait(scan_lut items_hold_more_queries_than_one_block_takes)
every_wait(scan_mma_4 items_hold_more_queries_than_one_block_takes)
every_wait(lists_select "items_hold_more_queries_than_one_block_takes;lists_go_on_in_pieces_when_candidates_overflow")
every_wait(rescore_codes items_hold_more_queries_than_one_block_takes)
every_wait(sq_probes quantised_lists_have_the_keys_of_the_definition)
every_wait(scan_sq quantised_items_hold_more_queries_than_one_block_takes)
every_wait(refine_exact codes_of_every_width_are_decoded)
every_wait(gemm_nearest_resident labels_are_the_nearest 3)
every_wait(gemm_nearest_streamed labels_are_the_nearest 3)
every_wait(nearest_exact labels_are_the_nearest)
every_wait(list_means means_are_summed_in_order 1)
every_wait(encode_parts codes_are_the_nearest_words)
