// Tests of how far the agent remembers to have got.
import t from 'tap';
import { ToldUpTo } from '../../../src/cli/agent/told-up-to.js';
import { Home } from '../../../src/client/home.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const never = (error: unknown): void => void t.fail(String(error));

t.test('only what is dealt with, and all before it, is remembered', async (t) => {
  const home = await Home.open(await temporaryFolder(t));
  const told = new ToldUpTo(home, '1@server', never);
  t.equal(await told.read(), null);
  const [first, second, third] = ['1', '2', '3'].map((cursor) => told.begin(cursor));
  second!();
  await told.save();
  t.equal(await told.read(), null, 'the first one may still have to be answered');
  first!();
  await told.save();
  t.equal(await new ToldUpTo(home, '1@server', never).read(), '2');
  third!();
  await told.save();
  t.equal(await told.read(), '3');
  t.equal(await new ToldUpTo(home, '2@server', never).read(), null, 'another account counts anew');
});
