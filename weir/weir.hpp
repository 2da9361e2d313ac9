// All of weir. Each header can be included by itself; this one is for small programs and first steps.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/hardware.hpp>
#include <weir/base/time.hpp>
#include <weir/base/units.hpp>
#include <weir/channel/channel.hpp>
#include <weir/channel/select.hpp>
#include <weir/exec/task.hpp>
#include <weir/guard/bulkhead.hpp>
#include <weir/guard/circuit_breaker.hpp>
#include <weir/guard/failure.hpp>
#include <weir/guard/fallback.hpp>
#include <weir/guard/guard.hpp>
#include <weir/guard/hedge.hpp>
#include <weir/guard/rate_limiter.hpp>
#include <weir/guard/retry.hpp>
#include <weir/guard/submit_with_retry.hpp>
#include <weir/guard/throttle.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/observer.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/overflow.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/codec.hpp>
#include <weir/spill/store.hpp>
