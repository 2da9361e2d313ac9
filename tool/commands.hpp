// The commands of the program. Each lives in the file of its name; main.cpp's table gives it its place in the
// help.
//
// Every function gets the words after the command's name and returns the exit code: 0 all done, 1 something
// failed or was lost, 2 usage or a bad file. A usage error may leave as weir::tool::usage_error
// (grammar.hpp); main prints it.
#pragma once

#include <string>
#include <vector>

int run_command(std::vector<std::string> args);
int plan_command(std::vector<std::string> args);
int demo_command(std::vector<std::string> args);
int bench_command(std::vector<std::string> args);
