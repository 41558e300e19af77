# gitshield: what all hook scripts share. Sourced, never run. POSIX sh; nothing here starts a process unless it must.
# GITSHIELD_HOME is the repository's own `gitshield` folder; `settings` in it says where the program is.

gitshield_say() { printf 'gitshield: %s\n' "$*" >&2; }

# Run the hook that was here before us, if there is one, with the arguments and the standard input we got.
gitshield_chain() {
  gitshield_name=$1
  shift
  for gitshield_old in "$GITSHIELD_HOME/chained/$gitshield_name" "$GITSHIELD_HERE/$gitshield_name.gitshield-chained"; do
    if [ -x "$gitshield_old" ]; then
      "$gitshield_old" "$@"
      return
    fi
  done
  if [ -n "${GITSHIELD_OLD_HOOKS:-}" ] && [ -x "$GITSHIELD_OLD_HOOKS/$gitshield_name" ]; then
    "$GITSHIELD_OLD_HOOKS/$gitshield_name" "$@"
    return
  fi
  return 0
}

gitshield_has_chain() {
  [ -x "$GITSHIELD_HOME/chained/$1" ] || [ -x "$GITSHIELD_HERE/$1.gitshield-chained" ] ||
    { [ -n "${GITSHIELD_OLD_HOOKS:-}" ] && [ -x "$GITSHIELD_OLD_HOOKS/$1" ]; }
}

# Hand over to the program; where it is missing or broken, to the shell's own judgement by file name.
gitshield_judge() {
  if [ -x "$GITSHIELD_PYTHON" ]; then
    export GITSHIELD_HOME
    exec "$GITSHIELD_PYTHON" -I -S -c "$GITSHIELD_START" "$GITSHIELD_HOME" "$@"
  fi
  exec sh "$GITSHIELD_HOME/fallback.sh" "$@"
}

# Set `gitshield_parent` to the words of the git command that runs us, without blanks between them ('?' where unknown).
gitshield_parent() {
  gitshield_parent='?'
  if [ -r "/proc/$PPID/cmdline" ]; then
    IFS= read -r gitshield_parent 2>/dev/null <"/proc/$PPID/cmdline" || :
    case $gitshield_parent in '' | sh* | */sh* | dash* | bash*) gitshield_parent='?' ;; esac
  fi
}

# Whether this very git process had its index judged by pre-commit (process id and start time agree with the mark).
gitshield_is_passed() {
  [ -r "$GITSHIELD_HOME/passed" ] && [ -r "/proc/$PPID/stat" ] || return 1
  read -r gitshield_pid gitshield_began <"$GITSHIELD_HOME/passed" || return 1
  [ "$gitshield_pid" = "$PPID" ] || return 1
  IFS= read -r gitshield_stat <"/proc/$PPID/stat" || return 1
  # shellcheck disable=SC2086
  set -- ${gitshield_stat##*) }
  [ "$gitshield_began" = "${20}" ]
}

if [ ! -r "$GITSHIELD_HOME/settings" ]; then
  gitshield_say "error: $GITSHIELD_HOME/settings is missing, so nothing can be checked"
  gitshield_say 'hint: run `gitshield protect` again, or take the hooks out with `gitshield protect --undo`'
  exit 3
fi
. "$GITSHIELD_HOME/settings"
