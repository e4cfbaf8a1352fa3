// Rows of the command table: contacts, blocked people, groups.
import { arg, type CommandSpec } from './spec.js';

const users = { name: 'users', variadic: true, completes: 'person' } as const;

export const peopleCommands: readonly CommandSpec[] = [
  {
    name: 'friends add',
    group: 'people',
    args: [{ name: 'phoneOrUser', completes: 'person' }],
    examples: ['friends add 0612345678', 'friends add bob'],
    action: async () => (await import('../actions/people.js')).friendsAdd,
  },
  {
    name: 'friends list',
    group: 'people',
    isDefault: true,
    options: [{ name: 'blocked' }],
    examples: ['friends list', 'friends list --blocked'],
    action: async () => (await import('../actions/people.js')).friendsList,
  },
  {
    name: 'friends remove',
    group: 'people',
    args: [arg.user],
    examples: ['friends remove bob'],
    action: async () => (await import('../actions/people.js')).friendsRemove,
  },
  {
    name: 'block',
    group: 'people',
    args: [arg.user],
    examples: ['block mallory'],
    action: async () => (await import('../actions/people.js')).block,
  },
  {
    name: 'unblock',
    group: 'people',
    args: [arg.user],
    examples: ['unblock mallory'],
    action: async () => (await import('../actions/people.js')).unblock,
  },
  {
    name: 'verify',
    group: 'people',
    args: [arg.user],
    options: [{ name: 'yes', short: 'y' }, { name: 'undo' }],
    examples: ['verify bob', 'verify bob --yes'],
    action: async () => (await import('../actions/people.js')).verify,
  },
  {
    name: 'groups create',
    group: 'people',
    args: [{ name: 'name' }],
    options: [{ name: 'members', short: 'm', value: 'a,b', many: true, completes: 'person' }],
    examples: ['groups create team --members bob,carol'],
    action: async () => (await import('../actions/groups.js')).groupsCreate,
  },
  {
    name: 'groups list',
    group: 'people',
    isDefault: true,
    examples: ['groups list'],
    action: async () => (await import('../actions/groups.js')).groupsList,
  },
  {
    name: 'groups show',
    group: 'people',
    args: [arg.group],
    examples: ['groups show team'],
    action: async () => (await import('../actions/groups.js')).groupsShow,
  },
  {
    name: 'groups add',
    group: 'people',
    args: [arg.group, users],
    examples: ['groups add team dave erin'],
    action: async () => (await import('../actions/groups.js')).groupsAdd,
  },
  {
    name: 'groups remove',
    group: 'people',
    args: [arg.group, users],
    examples: ['groups remove team dave'],
    action: async () => (await import('../actions/groups.js')).groupsRemove,
  },
  {
    name: 'groups admin',
    group: 'people',
    args: [arg.group, arg.user],
    examples: ['groups admin team bob'],
    action: async () => (await import('../actions/groups.js')).groupsAdmin,
  },
  {
    name: 'groups leave',
    group: 'people',
    args: [arg.group],
    examples: ['groups leave team'],
    action: async () => (await import('../actions/groups.js')).groupsLeave,
  },
  {
    name: 'groups rename',
    group: 'people',
    args: [arg.group, { name: 'newName' }],
    examples: ['groups rename team crew'],
    action: async () => (await import('../actions/groups.js')).groupsRename,
  },
];
