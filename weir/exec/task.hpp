// Coroutines over a few threads. This header is all of weir/exec; each part can be included by itself.
#pragma once

#include <weir/exec/coroutine.hpp>
#include <weir/exec/scheduler.hpp>
#include <weir/exec/scope.hpp>
#include <weir/exec/sleep.hpp>
#include <weir/exec/spawn.hpp>
#include <weir/exec/when.hpp>
