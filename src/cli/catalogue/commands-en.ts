// English texts of help: what every command, argument and option is for.
export const commandsEn = {
  'help.usage': 'Usage',
} as const;
