// All requests about one's own account and devices, put together from their families.
import { loginHandlers } from './logins.js';
import { passwordHandlers } from './passwords.js';
import { registrationHandlers } from './registration.js';

export const accountHandlers = { ...registrationHandlers, ...loginHandlers, ...passwordHandlers };
