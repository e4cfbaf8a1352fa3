// Accounts with a session each, made without passwords: as writes for a storage that a server will use.
import { hashToken } from '../../src/server/codes.js';
import type { Storage, Unit } from '../../src/server/storage/storage.js';

export interface Person {
  id: number;
  username: string;
  phone: string;
  /** Secret of the session, for `auth`. */
  token: string;
}

function person(id: number): Person {
  return {
    id,
    username: `person${id}`,
    phone: String(600_000_000 + id).padStart(10, '0'),
    token: `token-of-person-${id}`,
  };
}

function writesFor({ id, username, phone, token }: Person): Unit {
  return [
    {
      do: 'create-account',
      account: {
        id,
        username,
        nameKey: username,
        phone,
        email: null,
        firstName: null,
        lastName: null,
        bio: '',
        avatar: null,
        opaqueRecord: 'none',
        publicKey: Buffer.alloc(32, id).toString('base64url'),
        wrapped: 'none',
        recovery: null,
        quotaBytes: null,
        disabled: false,
        deleted: false,
        role: 'user',
        createdAt: 1,
        lastSeenAt: null,
      },
    },
    {
      do: 'create-session',
      session: {
        id,
        user: id,
        tokenHash: hashToken(token),
        device: 'test',
        address: '127.0.0.1',
        createdAt: 1,
        lastSeenAt: 1,
      },
    },
  ];
}

/** Stores `count` people in an empty storage; their ids are 1, 2, 3 … */
export async function storePeople(storage: Storage, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, (_, index) => person(index + 1));
  await storage.commit(people.map(writesFor));
  return people;
}
