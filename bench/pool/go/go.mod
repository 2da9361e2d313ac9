module weir/bench/pool

go 1.19
