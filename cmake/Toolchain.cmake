# Language level, warnings, hardening, sanitizers, compiler cache and linker, for all targets.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths below the source tree are hashed relative, so that several checkouts share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "${CCACHE_PROGRAM}")
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  add_link_options(-fuse-ld=mold)
endif()

add_library(serin_options INTERFACE)
target_compile_options(serin_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-qual -Wundef -Wformat=2 -Wdouble-promotion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(SERIN_SANITIZE)
    # The checks that sanitizers weave in make gcc 12 take values of the standard library for unset.
    # The other presets keep both warnings.
    target_compile_options(serin_options INTERFACE -Wno-maybe-uninitialized)
  else()
    target_compile_options(serin_options INTERFACE -Wnull-dereference)
  endif()
endif()
if(SERIN_WERROR)
  target_compile_options(serin_options INTERFACE -Werror)
endif()
# Bit-stable arithmetic: a replay must repeat every decision.
target_compile_options(serin_options INTERFACE -ffp-contract=off)
if(SERIN_SANITIZE)
  add_compile_options(
    -fsanitize=${SERIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(SERIN_SANITIZE MATCHES "undefined")
    # Checks woven into nearly every line, for what AddressSanitizer stops at anyway or this machine
    # allows. Without them and with -Og a build takes half the time.
    add_compile_options(-fno-sanitize=null,alignment,object-size,vptr)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")
  endif()
  if(SERIN_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio has fences, which gcc's ThreadSanitizer does not know; its locks it does.
    add_compile_options(-Wno-tsan)
  endif()
  add_link_options(-fsanitize=${SERIN_SANITIZE})
  add_compile_definitions(SERIN_SANITIZED=1)
endif()
if(NOT SERIN_BENCH)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT SERIN_SANITIZE)
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
