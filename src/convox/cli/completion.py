"""``convox completion``: what makes a shell complete commands and flags.

The scripts ask the command itself for what may come next, so they never grow stale.
"""

from convox.cli.call import Call
from convox.cli.command import HELP
from convox.cli.errors import CommandError
from convox.cli.table import COMMANDS

_SCRIPTS = {
    "bash": """\
_convox() {
  local IFS=$'\\n'
  COMPREPLY=($(convox __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _convox convox
""",
    "zsh": """\
#compdef convox
_convox() {
  local -a found
  found=("${(@f)$(convox __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n $found ]] && compadd -- $found || _files
}
compdef _convox convox
""",
    "fish": """\
function __convox
  set -l typed (commandline -opc) (commandline -ct)
  convox __complete $typed[2..-1] 2>/dev/null
end
complete -c convox -a '(__convox)'
""",
}


def script(call: Call) -> None:
    shell = call.arguments[0]
    if shell not in _SCRIPTS:
        raise CommandError(f"no completion for {shell}: there is one for {', '.join(_SCRIPTS)}")
    call.out.write(_SCRIPTS[shell])


def candidates(words: list[str]) -> list[str]:
    """Return what the last of the words may become, the others standing before it."""
    *before, begun = words or [""]
    typed = [word for word in before if not word.startswith("-")]
    if begun.startswith("-"):
        name = _command(typed)
        flags = (*COMMANDS[name].flags, HELP) if name else (HELP,)
        found = [f"--{flag.name}" for flag in flags]
    else:
        split = [name.split() for name in COMMANDS]
        place = len(before)
        found = [name[place] for name in split if name[:place] == before and len(name) > place]
    return sorted({each for each in found if each.startswith(begun)})


def _command(typed: list[str]) -> str:
    """Return the longest command that the words begin with, blank for none."""
    names = (" ".join(typed[:count]) for count in range(len(typed), 0, -1))
    return next((name for name in names if name in COMMANDS), "")
