#!/bin/sh
# gitshield fallback: the gates without the program (moved, removed or broken). Ordinary files go on, with a warning; files that
# do not belong in git are told by their names and refused. Checkout works.
GITSHIELD_HOME=${GITSHIELD_HOME:-${0%/*}}
. "$GITSHIELD_HOME/sensitive.sh" || exit 3

say() { printf 'gitshield: %s\n' "$*" >&2; }

warn() {
  say "warning: the program is missing or broken (${GITSHIELD_PYTHON:-no Python}), so $1 not checked"
  say 'hint: install it again and run `gitshield protect` here (`gitshield protect --undo` takes the gates out)'
}

# The names that a commit would add, one a line; git quotes odd names, which keeps them on one line.
added() { git diff-index --cached --name-only --diff-filter=A "$1" -- 2>/dev/null; }

commit() {
  names=$(added HEAD) || names=$(added "$(git hash-object -t tree /dev/null)") || exit 3
  refused=''
  while IFS= read -r name; do
    [ -n "$name" ] && gitshield_is_sensitive "${name%\"}" && refused="$refused  $name
"
  done <<NAMES
$names
NAMES
  if [ -n "$refused" ]; then
    say 'commit refused: files that do not belong in git'
    printf '%s' "$refused" >&2
    warn 'they were'
    exit 1
  fi
  warn 'this commit was'
}

# --- git's filter protocol, version 2 (gitattributes(5)): packets of four hex digits of length and a payload ---
packet() { # read one packet; payload in $payload, 1 at a flush packet, exit at the end of the stream
  size=$(dd bs=1 count=4 2>/dev/null)
  [ -n "$size" ] || exit 0
  size=$((0x$size))
  [ "$size" -gt 0 ] || return 1
  payload=$(dd bs=1 count=$((size - 4)) 2>/dev/null)
}
line() { printf '%04x%s\n' $((${#1} + 5)) "$1"; }
flush() { printf 0000; }

content() { # copy the content packets of one file to a temporary file, as they are
  : >"$temporary" || exit 3
  while :; do
    size=$(dd bs=1 count=4 2>/dev/null)
    [ -n "$size" ] || exit 0
    size=$((0x$size))
    [ "$size" -gt 0 ] || return 0
    { printf '%04x' "$size"; dd bs=1 count=$((size - 4)) 2>/dev/null; } >>"$temporary"
  done
}

filter() {
  temporary=$(umask 077 && mktemp) || exit 3
  trap 'rm -f "$temporary"' EXIT
  LC_ALL=C
  export LC_ALL
  while packet; do :; done
  line git-filter-server && line version=2 && flush
  while packet; do :; done
  line capability=clean && line capability=smudge && flush
  while :; do
    command='' path=''
    while packet; do
      case $payload in
        command=*) command=${payload#command=} ;;
        pathname=*) path=${payload#pathname=} ;;
      esac
    done
    content
    if [ "$command" = clean ] && gitshield_is_sensitive "$path" && ! git cat-file -e "HEAD:$path" 2>/dev/null; then
      say "git add refused: $path does not belong in git"
      warn 'its content was'
      line status=error && flush
    else
      line status=success && flush
      cat "$temporary" && flush && flush
    fi
  done
}

case $1 in
  pre-commit | pre-merge-commit) commit ;;
  filter) filter ;;
  commit-msg | reference-transaction) warn 'this was' ;;
esac
exit 0
