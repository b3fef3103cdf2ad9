# Read by cpack for each kind of package: only the tree that runs anywhere takes the bundled libraries.
if(CPACK_GENERATOR STREQUAL "TGZ")
  list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS ${build} tenmo bundle /)
endif()
