// The number under which somebody's second picture is shown, kept and passed on, beside the participants' own numbers.

/** Participants' numbers are smaller. */
const firstNumber = 0x1_0000;

/** `id`: a participant's number; 0 is oneself. */
export function screenOf(id: number): number {
  return firstNumber + id;
}

/** Whose second picture this is the number of; null for a participant's own number. */
export function ownerOfScreen(number: number): number | null {
  return number < firstNumber ? null : number - firstNumber;
}
