// English texts of what the commands print: results, questions, events.
export const messagesEn = {
  'prompt.password': 'Password: ',
} as const;
