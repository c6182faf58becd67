"""What makes a shell complete the words of a program.

The scripts ask the program itself for what may come next, so they never grow stale.
"""

_SCRIPTS = {
    "bash": """\
_FUNCTION() {
  local IFS=$'\\n'
  COMPREPLY=($(PROGRAM __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _FUNCTION PROGRAM
""",
    "zsh": """\
#compdef PROGRAM
_FUNCTION() {
  local -a found
  found=("${(@f)$(PROGRAM __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $found ]] && compadd -- $found || _files
}
compdef _FUNCTION PROGRAM
""",
    "fish": """\
function __FUNCTION
  set -l typed (commandline -opc) (commandline -ct)
  PROGRAM __complete $typed[2..-1] 2>/dev/null
end
complete -c PROGRAM -a '(__FUNCTION)'
""",
}
SHELLS = tuple(_SCRIPTS)
"""The shells that there is a script for."""


def script(shell: str, program: str) -> str:
    """Return what such a shell has to read."""
    text = _SCRIPTS[shell].replace("PROGRAM", program)
    return text.replace("FUNCTION", program.replace("-", "_"))
