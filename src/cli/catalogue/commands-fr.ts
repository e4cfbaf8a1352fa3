// French texts of help: what every command, argument and option is for.
export const commandsFr = {
  'help.usage': 'Utilisation',
} as const;
