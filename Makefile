# Two commands: `make run` starts the program (the demo; ARGS='run -j4 gzip -k' for anything else), `make test` tests it.
# Both install what is missing, build, and go; what they say of that goes to standard error, standard input is left alone.
# Where exit codes and quoting matter use ./bin/weir, which both leave there.
ARGS ?= demo

.PHONY: run test clean
run:
	@scripts/packages run </dev/null >&2
	@scripts/build tool </dev/null >&2
	@./bin/weir $(ARGS)

test:
	@scripts/packages run test </dev/null >&2
	@scripts/build all </dev/null >&2
	@ctest --preset release --label-exclude package

clean:
	rm -rf build bin
