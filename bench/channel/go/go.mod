module weir/bench/channel

go 1.19
