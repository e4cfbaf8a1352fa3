import t from 'tap';
import { hinted } from '../../../src/media/terminal/tile-text.js';

const status = '@bob  0:10  microphone off  udp  1 ms  15 fps  40 ms behind  0.0 % lost  stood still 1×';

t.test('the hint keeps its place, and figures without room are left out, the last ones first', (t) => {
  t.equal(hinted(status, '? keys', 40), '@bob  0:10  microphone off  udp  ? keys');
  t.equal(
    hinted(status, '? keys', 80),
    '@bob  0:10  microphone off  udp  1 ms  15 fps  40 ms behind  0.0 % lost  ? keys',
  );
  t.equal(hinted(status, '? keys', 200), `${status}  ? keys`);
  t.equal(hinted('somebody-with-a-long-name', '? keys', 20), 'somebody-wi…  ? keys');
  t.equal(hinted('@bob  0:10  ● recorded by carol', '? keys', 30), '@bob  0:10  ● recorde…  ? keys');
  t.equal(hinted(status, '', 12), '@bob  0:10');
  t.end();
});
