// The word by which completion scripts call the program; apart from what answers it, so that nothing else is loaded for it.

/** No command of people's. */
export const completeWord = '__complete';
