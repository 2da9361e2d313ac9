# The manual pages and the completions: the program prints them from its own tables, cmake --install puts them where
# man, bash, zsh and fish look.
include_guard(GLOBAL)

# weir_text(FILE FOLDER words...): what `weir help words...` prints, as a file that is installed in the folder.
function(weir_text file folder)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/texts/${file}")
  get_filename_component(place "${output}" DIRECTORY)
  file(MAKE_DIRECTORY "${place}")
  add_custom_command(OUTPUT "${output}" COMMAND weir_tool help ${ARGN} > "${output}" DEPENDS weir_tool VERBATIM
    COMMENT "Writing ${file}")
  set_property(GLOBAL APPEND PROPERTY weir_texts "${output}")
  if(WEIR_INSTALL)
    install(FILES "${output}" DESTINATION "${folder}")
  endif()
endfunction()

# weir_texts(commands...): the pages of the program and of each command, and the completions.
function(weir_texts)
  weir_text(weir.1 "${CMAKE_INSTALL_MANDIR}/man1" --man)
  foreach(command ${ARGN})
    weir_text(weir-${command}.1 "${CMAKE_INSTALL_MANDIR}/man1" --man ${command})
  endforeach()
  weir_text(bash/weir "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" --completion bash)
  weir_text(zsh/_weir "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" --completion zsh)
  weir_text(fish/weir.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" --completion fish)
  get_property(files GLOBAL PROPERTY weir_texts)
  add_custom_target(weir_texts ALL DEPENDS ${files})
endfunction()
