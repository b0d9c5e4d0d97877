# cmake -D PROGRAM= -D MUTANT= -D CHECK= -D EXPECTED= -P expect_failure.cmake: the check must fail, and say so as expected.
# Without MUTANT the program is one.
cmake_minimum_required(VERSION 3.25)
if(MUTANT)
  set(choice --mutant ${MUTANT})
endif()
execute_process(COMMAND ${PROGRAM} ${choice} ${CHECK} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ${MUTANT} survived ${CHECK}")
endif()
if(NOT err MATCHES "${EXPECTED}")
  message(FATAL_ERROR "${MUTANT} failed (${result}), but not by '${EXPECTED}':\n${err}")
endif()
