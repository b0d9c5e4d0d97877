# cmake -D PROGRAM= -D MUTANT= -D CHECK= -D EXPECTED= -P expect_failure.cmake: the check must fail, and say so as expected.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND ${PROGRAM} --mutant ${MUTANT} ${CHECK} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(result EQUAL 0)
  message(FATAL_ERROR "${MUTANT} survived ${CHECK}")
endif()
if(NOT err MATCHES "${EXPECTED}")
  message(FATAL_ERROR "${MUTANT} failed (${result}), but not by '${EXPECTED}':\n${err}")
endif()
