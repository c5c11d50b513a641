const bash = String.raw`# bash completion for kubectl-cni_upgrade
_kubectl_cni_upgrade() {
	local line directive=4
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
		:*) directive=@{line#:} ;;
		?*) COMPREPLY+=("@{line%%$'\t'*}") ;;
		esac
	done < <(kubectl-cni_upgrade __complete "@{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ $directive == 0 ]]; then
		compopt -o default
	fi
}
complete -F _kubectl_cni_upgrade kubectl-cni_upgrade
`;

const zsh = String.raw`#compdef kubectl-cni_upgrade
_kubectl_cni_upgrade() {
	local line directive=4
	local -a candidates
	for line in "@{(@f)$(kubectl-cni_upgrade __complete "@{(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		case $line in
		:*) directive=@{line#:} ;;
		?*) candidates+=("@{@{line%%$'\t'*}//:/\\:}:@{line#*$'\t'}") ;;
		esac
	done
	if (( @{#candidates} )); then
		_describe 'kubectl-cni_upgrade' candidates
	elif [[ $directive == 0 ]]; then
		_files
	fi
}
compdef _kubectl_cni_upgrade kubectl-cni_upgrade
`;

const fish = `# fish completion for kubectl-cni_upgrade
function __kubectl_cni_upgrade
	set -l words (commandline -opc) (commandline -ct)
	set -l lines (kubectl-cni_upgrade __complete $words[2..-1] 2>/dev/null)
	string match -v -r '^:' -- $lines
	if test "$lines[-1]" = ':0'
		__fish_complete_path (commandline -ct)
	end
end
complete -c kubectl-cni_upgrade -f -a '(__kubectl_cni_upgrade)'
`;

/** kubectl runs this for the words behind the plugin's name. */
const kubectl = `#!/bin/sh
# Save as kubectl_complete-cni_upgrade in a directory on PATH, executable.
exec kubectl-cni_upgrade __complete "$@"
`;

/** A TypeScript template cannot hold a shell's own braces: they are written @{...} above. */
const withBraces = (script: string) => script.replaceAll('@{', '${');

/** The completion script of each shell. All of them ask `__complete`. */
export const shellScripts = {bash: withBraces(bash), zsh: withBraces(zsh), fish, kubectl} as const;
