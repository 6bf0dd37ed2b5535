# stages.sh - for scripts/test: run stages, count, and stay quiet about what went well.
# A stage that ends with `N passed, N failed` brings its counts; any other counts as one test.
stages_passed=0 stages_failed=0 stages_skipped=0 stages_log=$(mktemp)
trap 'rm -f "$stages_log"' EXIT

stage() { # stage NAME WHAT COMMAND...
    stage_name=$1 stage_what=$2
    shift 2
    case " ${PROWL_TEST_STAGES:-$stage_name} " in *" $stage_name "*) ;; *) return ;; esac
    stage_start=$(date +%s)
    "$@" > "$stages_log" 2>&1 < /dev/null
    stage_status=$?
    stage_counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$stages_log" | tail -n 1)
    stage_p=1 stage_f=0 stage_s=0
    if [ -n "$stage_counts" ]; then
        stage_p=${stage_counts%% passed*}
        stage_f=${stage_counts#*passed, } && stage_f=${stage_f%% failed*}
        case $stage_counts in *skipped) stage_s=${stage_counts##*failed, } && stage_s=${stage_s%% skipped} ;; esac
        [ $stage_status = 0 ] || [ "$stage_f" -gt 0 ] || stage_f=1
    elif [ $stage_status != 0 ]; then
        stage_p=0 stage_f=1
    fi
    stages_passed=$((stages_passed + stage_p)) stages_failed=$((stages_failed + stage_f))
    stages_skipped=$((stages_skipped + stage_s))
    stage_took="$(($(date +%s) - stage_start)) s"
    if [ "$stage_f" -gt 0 ]; then
        echo "-------- $stage_name FAILED: $stage_what ($stage_took)"
        tail -c 100000 "$stages_log" | tail -n 1000
        echo "-------- end of $stage_name"
    else
        printf '%-9s %5s passed  %6s  %s\n' "$stage_name" "$stage_p" "$stage_took" "$stage_what"
    fi
}

stages_end() {
    if [ $stages_skipped -gt 0 ]; then
        echo "$stages_passed passed, $stages_failed failed, $stages_skipped skipped"
    else
        echo "$stages_passed passed, $stages_failed failed"
    fi
    [ $stages_failed = 0 ] && [ $stages_passed -gt 0 ]
    exit
}
