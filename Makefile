# make [MODE=debug|release|asan|tsan|fuzz] [CC=clang] [V=1]; every mode has its own build folder.
# Targets: all check asan tsan valgrind fuzz bench bench-history bench-smoke format lint install uninstall dist
#          clean compile_commands.json
MODE    ?= release
VERSION := 0.1.0
PROG    := prowl
PREFIX  ?= /usr/local
PYTHON  ?= /usr/bin/python3
B       := build/$(MODE)$(if $(filter clang%,$(notdir $(CC))),-clang)
PKGS    := libcurl libxml-2.0 jansson zlib libhs libpcre2-8 yaml-0.1 sqlite3 libcrypto
HAVE_ISAL := $(shell pkg-config --exists libisal 2>/dev/null && echo 1)
HAVE_ZSTD := $(shell pkg-config --exists libzstd 2>/dev/null && echo 1)
PKGS    += $(if $(HAVE_ISAL),libisal) $(if $(HAVE_ZSTD),libzstd)
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
           -Wundef -Wvla -Wwrite-strings -Wcast-qual $(if $(WERROR),-Werror)
SAN     := -fno-omit-frame-pointer -fno-sanitize-recover=all
OPT.debug   := -Og -g3
OPT.release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
OPT.asan    := -O1 -g $(SAN) -fsanitize=address,undefined
OPT.tsan    := -O1 -g $(SAN) -fsanitize=thread
OPT.valgrind := -O1 -g -gdwarf-4 -DNO_JIT
OPT.fuzz    := -O1 -g $(SAN) -fsanitize=fuzzer-no-link,address,undefined
# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS stay the user's; what the project needs is in ALL_*.
ALL_CFLAGS := $(shell pkg-config --cflags $(PKGS)) -D_GNU_SOURCE -Ilib -Ianalyzers -Icmd -Itests/unit \
              -I$(B)/gen -DPROWL_VERSION='"$(VERSION)"' $(if $(HAVE_ISAL),-DHAVE_ISAL=1) \
              $(if $(HAVE_ZSTD),-DHAVE_ZSTD=1) $(CPPFLAGS) -std=gnu17 $(WARN) $(OPT.$(MODE)) \
              -pthread $(CFLAGS)
ALL_LIBS   := $(shell pkg-config --libs $(PKGS)) -pthread -lm $(LDLIBS)
Q := $(if $(V),,@)

PACKS := $(sort $(wildcard analyzers/packs/*.yaml))
LIB   := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard lib/*/*.c analyzers/*.c))) $(B)/gen/packs.o
CMD   := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard cmd/*.c)))
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)) tests/unit/night_sample.c tests/unit/flake_trials.c)
NIGHT := $(filter $(B)/tests/unit/test_night_% %/night_sample,$(UNIT))
WINDOW := $(filter $(B)/tests/unit/test_flakes_% $(addprefix $(B)/tests/unit/test_,outage night_make night_groups night_refs) \
           %/flake_trials,$(UNIT))
FUZZ  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

all: $(B)/$(PROG)

# Packs are built in: one binary, nothing to install beside it.
$(B)/gen/packs.c: $(PACKS) scripts/embed-packs $(B)/packs.list
	$(Q)mkdir -p $(@D) && scripts/embed-packs $(PACKS) > $@.tmp && mv $@.tmp $@
$(B)/packs.list: FORCE
	$(Q)mkdir -p $(@D); echo '$(PACKS)' | cmp -s - $@ || echo '$(PACKS)' > $@
$(B)/gen/packs.o: $(B)/gen/packs.c $(B)/flags
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
# So are the style and the script of the nightly report's page.
ASSETS := lib/report/night.css lib/report/night.js
$(B)/gen/night_assets.h: $(ASSETS) scripts/embed-text
	$(Q)mkdir -p $(@D) && scripts/embed-text $(ASSETS) > $@.tmp && mv $@.tmp $@
$(B)/lib/report/night_html.o: $(B)/gen/night_assets.h
$(B)/libprowl.a: $(LIB)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(B)/libcmd.a: $(filter-out %/main.o,$(CMD))  # for tests of the option table
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(B)/$(PROG): $(CMD) $(B)/libprowl.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)
# Torture: units are linked with malloc wrapped, so that a test can fail the n-th allocation.
TORTURE := $(if $(filter debug release valgrind,$(MODE)),1)
WRAP    := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/tests/unit/torture.o $(B)/libcmd.a $(B)/libprowl.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(if $(TORTURE),$(WRAP)) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(ALL_LIBS)
$(NIGHT): $(B)/tests/unit/night_fixture.o
$(WINDOW): $(B)/tests/unit/window_fixture.o
ifeq ($(MODE),fuzz)
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libcmd.a $(B)/libprowl.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)
else
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libcmd.a $(B)/libprowl.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)
endif
$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libprowl.a
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)
$(B)/%.o: %.c $(B)/flags
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/tests/unit/torture.o: tests/unit/torture.c $(B)/flags
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(if $(TORTURE),-DTORTURE=1) -MMD -MP -c -o $@ $<
$(B)/flags: FORCE  # rewritten only when the flags change, and then every object follows
	$(Q)mkdir -p $(@D); echo "$(CC) $(subst ",\",$(ALL_CFLAGS))" | cmp -s - $@ || echo "$(CC) $(subst ",\",$(ALL_CFLAGS))" > $@
headers: $(patsubst %.h,$(B)/%.h.ok,$(sort $(wildcard lib/*/*.h cmd/*.h)))  # each compiles alone
$(B)/%.h.ok: %.h $(B)/flags
	$(Q)mkdir -p $(@D); echo 'extern int alone;' | \
	 $(CC) $(ALL_CFLAGS) -fsyntax-only -include $< -xc - && touch $@


unit: $(UNIT)
fuzzers: $(FUZZ)
tests: all unit fuzzers
# Passing tests are silent; the last line is `N passed, N failed`. T='cli/report unit/sv' runs a part.
check: tests headers
	$(Q)scripts/check-layers && scripts/check-tree && $(PYTHON) tests/run --mode $(notdir $(B)) $(T)
asan:
	$(Q)$(MAKE) --no-print-directory check MODE=asan
tsan:
	$(Q)$(MAKE) --no-print-directory check MODE=tsan T='$(or $(T),unit/pipeline unit/fetch cli/report net/)'
valgrind:
	$(Q)$(MAKE) --no-print-directory unit MODE=valgrind
	$(Q)$(PYTHON) tests/run --mode valgrind $(T)
# Every target for FUZZ_S seconds from its seeds; new inputs go to build/, crashes end the run.
fuzz:
	$(Q)$(MAKE) --no-print-directory fuzzers MODE=fuzz CC=clang
	$(Q)scripts/fuzz build/fuzz-clang/tests/fuzz $(or $(FUZZ_S),20)
bench: all bench-history $(B)/tests/bench/cluster_driver
	$(Q)$(PYTHON) tests/bench/run --prowl $(B)/$(PROG) $(BENCH)
bench-smoke: all $(B)/tests/bench/history_driver $(B)/tests/bench/cluster_driver
	$(Q)$(PYTHON) tests/bench/run --prowl $(B)/$(PROG) --smoke
	$(Q)$(B)/tests/bench/history_driver --smoke $(B)
bench-history: $(B)/tests/bench/history_driver
	$(Q)$< $(B)
SOURCES := $(sort $(wildcard lib/*/*.[ch] cmd/*.[ch] analyzers/*.[ch] tests/*/*.[ch]))
format:
	clang-format -i $(SOURCES)
LINTED := $(filter %.c,$(filter-out tests/%,$(SOURCES)))
lint: $(B)/gen/packs.c $(B)/gen/night_assets.h
	$(Q)clang-format --dry-run -Werror $(SOURCES)
	$(Q)$(PYTHON) scripts/compile-commands $(LINTED) -- $(CC) $(ALL_CFLAGS) > $(B)/compile_commands.json
	$(Q)printf '%s\n' $(LINTED) | xargs -P $(shell nproc) -n 4 clang-tidy --quiet -p $(B) 2>$(B)/tidy.log || \
	 { cat $(B)/tidy.log; false; }
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j $(shell nproc) -Ilib -Icmd -Ianalyzers \
	 --enable=warning,portability --suppress=missingIncludeSystem $(LINTED)
install: all
	install -D -m 755 $(B)/$(PROG) $(DESTDIR)$(PREFIX)/bin/$(PROG)
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(addprefix $(DESTDIR)$(PREFIX)/share/,$(dir $(COMPLETIONS)))
	$(B)/$(PROG) man > $(DESTDIR)$(PREFIX)/share/man/man1/$(PROG).1
	$(B)/$(PROG) completion bash > $(DESTDIR)$(PREFIX)/share/$(word 1,$(COMPLETIONS))
	$(B)/$(PROG) completion zsh > $(DESTDIR)$(PREFIX)/share/$(word 2,$(COMPLETIONS))
	$(B)/$(PROG) completion fish > $(DESTDIR)$(PREFIX)/share/$(word 3,$(COMPLETIONS))
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/$(PROG)/packs $(PACKS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/$(PROG) lib/report/report.schema.json lib/report/night.schema.json
COMPLETIONS := bash-completion/completions/$(PROG) zsh/site-functions/_$(PROG) fish/vendor_completions.d/$(PROG).fish
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/$(PROG) $(DESTDIR)$(PREFIX)/share/man/man1/$(PROG).1 \
	 $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETIONS))
	rm -rf $(DESTDIR)$(PREFIX)/share/$(PROG)
dist:
	$(Q)mkdir -p build && git archive --prefix=$(PROG)-$(VERSION)/ HEAD | gzip -n9 > build/$(PROG)-$(VERSION).tar.gz
	$(Q)echo build/$(PROG)-$(VERSION).tar.gz
compile_commands.json: FORCE
	$(Q)$(PYTHON) scripts/compile-commands $(SOURCES) -- $(CC) $(ALL_CFLAGS) > $@
clean:
	rm -rf build compile_commands.json
.PHONY: all unit fuzzers tests headers check asan tsan valgrind fuzz bench bench-history bench-smoke format lint install \
        uninstall dist clean FORCE
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
