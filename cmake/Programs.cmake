# What is made of the rooms: programs, Python modules, fuzzers, benchmarks. Folders are globbed like rooms.
#
#   apps/<name>/*.cc                  -> sabot-<name>          linked with session (apps/server: with server)
#   python/bindings/*.cc              -> sabot._engine         the Python module; python/bindings/server/*.cc -> sabot._server
#   python/sabot/**                   -> linked beside the modules in <build>/python, which is then a ready package
#   fuzzers/*_fuzz.cc, sabot/**/*_fuzz.cc      -> <name>_fuzz
#   benchmarks/micro/*_benchmark.cc, sabot/**/*_benchmark.cc -> <name>_benchmark
#   tests/<name>/*_test.cc            -> <name>_test           tests that need the whole house

set(PACKAGE_DIR ${CMAKE_BINARY_DIR}/python/sabot)
# All that the installed package holds besides Python files.
add_custom_target(python_modules)

# Arrow first on every link line: it carries its own RE2, and another one found earlier breaks it.
function(sabot_program target)
  target_link_libraries(${target} PRIVATE Arrow::arrow)
  foreach(room IN LISTS ARGN)
    if(TARGET ${room})
      target_link_libraries(${target} PRIVATE ${room})
    endif()
  endforeach()
endfunction()

# ---- programs
file(GLOB apps CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/apps ${CMAKE_SOURCE_DIR}/apps/*)
foreach(app IN LISTS apps)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/apps/${app}/*.cc)
  if(NOT sources)
    continue()
  endif()
  add_executable(sabot-${app} ${sources})
  sabot_compiled(sabot-${app})
  sabot_program(sabot-${app} session)
  if(app STREQUAL server)
    sabot_program(sabot-${app} server)
  endif()
  add_custom_command(TARGET sabot-${app} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PACKAGE_DIR}/bin
    COMMAND ${CMAKE_COMMAND} -E create_symlink $<TARGET_FILE:sabot-${app}> ${PACKAGE_DIR}/bin/sabot-${app})
  set_target_properties(sabot-${app} PROPERTIES INSTALL_RPATH "$ORIGIN/../../pyarrow")
  install(TARGETS sabot-${app} DESTINATION sabot/bin COMPONENT python)
  add_dependencies(python_modules sabot-${app})
endforeach()

# ---- Python
function(sabot_python_module name room)
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  if(NOT sources OR NOT TARGET ${room})
    return()
  endif()
  if(NOT COMMAND nanobind_add_module)
    find_package(nanobind CONFIG REQUIRED PATHS ${NANOBIND_CMAKE_DIR} NO_DEFAULT_PATH)
  endif()
  nanobind_add_module(${name} NB_STATIC NOMINSIZE ${sources})
  target_compile_options(nanobind-static PRIVATE -w)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  sabot_program(${name} ${room})
  set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PACKAGE_DIR} INSTALL_RPATH "$ORIGIN/../pyarrow")
  install(TARGETS ${name} LIBRARY DESTINATION sabot COMPONENT python)
  add_dependencies(python_modules ${name})
endfunction()
sabot_python_module(_engine session ${CMAKE_SOURCE_DIR}/python/bindings/*.cc)
sabot_python_module(_server server ${CMAKE_SOURCE_DIR}/python/bindings/server/*.cc)

# Links each file of the package beside the modules, at every build: a new or renamed file needs no configure.
add_custom_target(python_package ALL
  COMMAND "${Python_EXECUTABLE}" ${CMAKE_SOURCE_DIR}/cmake/link_package.py ${CMAKE_SOURCE_DIR}/python/sabot ${PACKAGE_DIR}
  VERBATIM)
if(TARGET _engine)
  add_dependencies(_engine python_package)
endif()

if(NOT SABOT_TESTS)
  return()
endif()

# ---- fuzzers, benchmarks, tests of the whole house
get_property(all_rooms GLOBAL PROPERTY SABOT_ROOMS)
set(house session server ${all_rooms})
set(house_testing "")
foreach(room IN LISTS all_rooms)
  if(TARGET ${room}_testing)
    list(APPEND house_testing ${room}_testing)
  endif()
endforeach()

file(GLOB_RECURSE fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/fuzzers/*_fuzz.cc ${CMAKE_SOURCE_DIR}/sabot/*_fuzz.cc)
foreach(source IN LISTS fuzzers)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  sabot_compiled(${name})
  sabot_program(${name} ${house_testing} ${house})
  # A sample; `./dev fuzz` runs them at length, with sanitizers.
  add_test(NAME ${name} COMMAND ${name} --mutants 200 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()

file(GLOB_RECURSE benchmarks CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/benchmarks/micro/*_benchmark.cc ${CMAKE_SOURCE_DIR}/sabot/*_benchmark.cc)
if(benchmarks)
  find_package(benchmark REQUIRED)
endif()
foreach(source IN LISTS benchmarks)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  sabot_compiled(${name})
  sabot_program(${name} ${house_testing} ${house} benchmark::benchmark_main)
  # Once and tiny, so that a benchmark cannot rot.
  add_test(NAME ${name} COMMAND ${name} --benchmark_min_time=0.001)
endforeach()

file(GLOB suites CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/tests/*)
foreach(suite IN LISTS suites)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${suite}/*.cc)
  if(NOT sources)
    continue()
  endif()
  add_executable(${suite}_test ${sources})
  sabot_compiled(${suite}_test)
  sabot_program(${suite}_test ${house_testing} ${house} GTest::gmock_main GTest::gmock GTest::gtest rapidcheck)
  add_test(NAME ${suite}_test COMMAND ${suite}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endforeach()
