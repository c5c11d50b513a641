
main() {
	newline='
' tab='	'
	blanks=" $tab$newline"
	IFS=$blanks
	set -f
	LC_ALL=C HOME=${HOME:-/root}
	export LC_ALL HOME
	umask 077
	root=${CNI_UPGRADE_ROOT-} epoch_at_boot=''
	base=$root/var/lib/cni-upgrade
	if [ "${1-}" = --list ]; then
		list_steps
		return
	fi
	verb=${1-} run=${2-} uid=${3-}
	if ! is_verb "$verb" || ! is_word "$uid" || { ! is_run "$run" && [ "$verb:$run" != state:- ]; } || [ ${#uid} -gt 64 ]; then
		echo 'usage: act.sh VERB RUN UID [WORD...]' >&2
		exit 2
	fi
	shift 3
	for word in "$@"; do
		is_word "$word" || { echo "act.sh $verb: a word holds a character that is not allowed" >&2 && exit 2; }
	done
	run_dir=$base/$run
	[ -n "$root" ] || PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin
	cd / || exit 1
	boot=unknown
	{ read -r boot <"$root/proc/sys/kernel/random/boot_id"; } 2>/dev/null
	if timeout -s KILL 5 true >/dev/null 2>&1; then timeout=yes; else timeout=no; fi
	case $verb in
	run) run_section 3>/dev/null ;;
	rehearsal) rehearsal "$@" ;;
	*) answer "verb_$verb" "$@" ;;
	esac
	status=$?
	[ ! -e "$root/run/cni-upgrade-$verb.said" ] || rm -f "$root/run/cni-upgrade-$verb.said"
	return $status
}

is_verb() {
	case $1 in
	begin | put | plan | edit | check | rehearse | note | start | journal | state | back | finish | discard | look | reach | packages | host | migrate | rehearsal | run) ;;
	*) return 1 ;;
	esac
}
