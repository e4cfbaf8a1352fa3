// Reads the answers of a call's page: pieces of kind, number and length, then their bytes.

export interface Answer {
  version: number;
  state: Record<string, unknown> | null;
  pictures: Map<number, Buffer>;
  sounds: Buffer[];
}

export function readAnswer(bytes: Buffer): Answer {
  const answer: Answer = { version: 0, state: null, pictures: new Map(), sounds: [] };
  let at = 0;
  while (at < bytes.length) {
    const [kind, id, length] = [bytes.readUInt8(at), bytes.readUInt32BE(at + 1), bytes.readUInt32BE(at + 5)];
    const data = bytes.subarray(at + 9, at + 9 + length);
    if (data.length !== length) throw new Error('the answer is cut off');
    at += 9 + length;
    if (kind === 0) answer.version = id;
    else if (kind === 1) answer.state = JSON.parse(data.toString()) as Record<string, unknown>;
    else if (kind === 2) answer.pictures.set(id, data);
    else answer.sounds.push(data);
  }
  return answer;
}
