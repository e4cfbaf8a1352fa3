// The contract of the storage, on every driver that this Node has.
import t from 'tap';
import { availableDrivers } from '../../../src/sqlite/open.js';
import { storageContract } from './storage-contract.js';

for (const driver of await availableDrivers()) storageContract(t, driver);
