# package.cmake: cpack -G DEB makes a Debian package; cpack -G TGZ a tree that runs from wherever it is unpacked.
#
# The package depends on what Debian has. The tree brings along what a bare Debian or Ubuntu may lack: LuaJIT, libedit
# with what it needs, libgomp, PCRE2, bzip2, xz, dkjson, and their licences. OpenBLAS is loaded only if it is there, so the tree does without it.

set(CPACK_PACKAGE_NAME tenmo-lua)
set(CPACK_PACKAGE_VENDOR "tenmo-lua")
set(CPACK_PACKAGE_CONTACT "tenmo-lua <tenmo-lua@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "deep learning environment in C and Lua")
set(CPACK_PACKAGE_DESCRIPTION "Tensors, autograd and optimizers in a small C engine, shown to LuaJIT.\n Models, training loops and experiments are Lua scripts; a prompt is there too.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/scripts/package-generator.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "lua-dkjson") # what no shared library tells
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libopenblas0, curl")

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tenmo-lua RENAME copyright)

# What the tree brings along: a library by its soname, and the package that has its licence.
function(bundle soname package)
  find_library(bundled_${package} NAMES ${soname})
  if(NOT bundled_${package})
    return()
  endif()
  file(REAL_PATH ${bundled_${package}} file)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR} RENAME ${soname} COMPONENT bundle EXCLUDE_FROM_ALL)
  install(FILES /usr/share/doc/${package}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tenmo-lua/third-party
    RENAME ${package} COMPONENT bundle EXCLUDE_FROM_ALL OPTIONAL)
endfunction()
bundle(libluajit-5.1.so.2 libluajit-5.1-2)
bundle(libedit.so.2 libedit2)
bundle(libbsd.so.0 libbsd0)
bundle(libmd.so.0 libmd0)
bundle(libgomp.so.1 libgomp1)
bundle(libpcre2-8.so.0 libpcre2-8-0)
bundle(libbz2.so.1.0 libbz2-1.0)
bundle(liblzma.so.5 liblzma5)
bundle(libutf8proc.so.2 libutf8proc2)
install(FILES /usr/share/lua/5.1/dkjson.lua DESTINATION ${share_dir}/lua COMPONENT bundle EXCLUDE_FROM_ALL OPTIONAL)
install(FILES /usr/share/doc/lua-dkjson/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tenmo-lua/third-party
  RENAME lua-dkjson COMPONENT bundle EXCLUDE_FROM_ALL OPTIONAL)

include(CPack)
