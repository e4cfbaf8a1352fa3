// French texts of what the commands print: results, questions, events.
export const messagesFr = {
  'prompt.password': 'Mot de passe : ',
} as const;
