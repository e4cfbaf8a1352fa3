// What the people of the frozen databases have in common with the tests that wake them up.

/** The password of each of them. */
export const frozenPassword = 'as frozen as can be';
