// French texts of the terminal UI; every key begins with `chat.`.
export const chatFr = {} as const;
