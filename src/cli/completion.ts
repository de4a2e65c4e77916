// ff completion: what a shell needs to know to complete the words of the command.

import type { Command } from 'commander';
import { datasetNames } from '../data/named/named-datasets.ts';
import { InputError } from '../errors.ts';
import { experiments } from '../experiments/experiments.ts';
import { recipeNames } from '../recipes/recipes.ts';

/** What may stand after an option, and as an argument of a command, besides files. */
const valuesOf = { '--recipe': recipeNames() };
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  train: datasetNames,
  evaluate: datasetNames,
  reproduce: experiments.map(({ name }) => name),
};

const shells = { bash, zsh, fish };
export const shellNames = Object.keys(shells);

/** The script for a shell, for its start-up file to run; throws an InputError for a shell that is not known. */
export function completion(program: Command, shell: string): string {
  if (!Object.hasOwn(shells, shell)) {
    throw new InputError(`shell must be ${shellNames.join(', ')}, found ${JSON.stringify(shell)}`);
  }
  return shells[shell as keyof typeof shells](program);
}

const commandsOf = (program: Command) => [...program.commands.map(command => command.name()), 'help'];
const optionsOf = (command: Command) =>
  command.options.flatMap(({ long }) => (long ? [long] : [])).concat('--help');

function bash(program: Command): string {
  const cases = program.commands.map(command => {
    const words = [...optionsOf(command), ...(argumentsOf[command.name()] ?? [])];
    return `    ${command.name()}) words='${words.join(' ')}' ;;`;
  });
  const values = Object.entries(valuesOf).map(
    ([option, names]) => `  [ "$before" = ${option} ] && words='${names.join(' ')}'`,
  );
  return `_ff() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" = 1 ] && words='${commandsOf(program).join(' ')} --help --version'
${values.join('\n')}
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _ff ff`;
}

function zsh(program: Command): string {
  return `autoload -Uz bashcompinit && bashcompinit\n${bash(program)}`;
}

function fish(program: Command): string {
  const quoted = (text: string) => `'${text.replaceAll(/['\\]/g, found => `\\${found}`)}'`;
  const lines = [`complete -c ff -n __fish_use_subcommand -xa ${quoted(commandsOf(program).join(' '))}`];
  for (const command of program.commands) {
    const name = command.name();
    const when = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const words = argumentsOf[name];
    if (words) lines.push(`complete -c ff ${when} -a ${quoted(words.join(' '))}`);
    for (const { long, description, required, optional } of command.options) {
      if (!long) continue;
      const values = valuesOf[long as keyof typeof valuesOf];
      const after = values ? ` -xa ${quoted(values.join(' '))}` : required || optional ? ' -r' : '';
      lines.push(`complete -c ff ${when} -l ${long.slice(2)}${after} -d ${quoted(description)}`);
    }
  }
  return lines.join('\n');
}
