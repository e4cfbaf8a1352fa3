// English texts of the terminal UI; every key begins with `chat.`.
export const chatEn = {} as const;
