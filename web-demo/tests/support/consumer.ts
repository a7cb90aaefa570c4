/**
 * A game's code in strict TypeScript against the packed SDK: it is compiled and not run. What begins with
 * `@ts-expect-error` would be a mistake, and is found to be one.
 */
import {
  ConnectionError,
  DesyncError,
  JoinError,
  RequestError,
  SUBPROTOCOL,
  TickwireError,
  WireError,
  createRoom,
  join,
  listRooms,
  plainText,
} from '@tickwire/sdk';
import type {
  AnswerValues,
  ConnectionStatus,
  CreateOptions,
  CreatedRoom,
  Entity,
  GameEvent,
  JoinOptions,
  ListOptions,
  ListedRoom,
  Place,
  PredictionRules,
  RequestOptions,
  Room,
  RoomEvents,
  RoomList,
  RosterEntry,
  Schema,
  Transport,
  Welcome,
} from '@tickwire/sdk';

/** The state that is predicted is the game's own type, everywhere in the rules. */
interface Body {
  x: number;
  y: number;
}
const prediction: PredictionRules<Body> = {
  own: (entity, player) => entity.kind === 'body' && entity.player === player,
  read: ({ x = 0, y = 0 }) => ({ x, y }),
  step: ({ x, y }, input, { dt }) => ({ x: x + Number(input.vx) * dt, y: y + Number(input.vy) * dt }),
  error: (one, other) => Math.hypot(one.x - other.x, one.y - other.y),
};
const options: JoinOptions = { url: 'http://127.0.0.1:8080', game: 'drift', name: 'Ada', sendHz: 15, prediction };
const room: Room = join(options);

/** What a handler is given is known by the event's name. */
const removers: (() => void)[] = [
  room.on('enter', (entity) => draw(entity)),
  room.on('state', ({ tick, isKeyframe, input }) => {
    const slack: number = input?.slackMs ?? 0;
    console.log(tick + slack, isKeyframe satisfies boolean);
  }),
  room.on('event', (event: GameEvent) => console.log(event.name.toUpperCase(), event.tick.toFixed())),
  room.on('connection', (status) => console.log(describe(status))),
  room.on('countdown', ({ remainingMs }) => console.log(`again in ${Math.ceil(remainingMs / 1000)} s`)),
  room.on('host', ({ player }) => console.log(player?.toFixed() ?? 'nobody', room.host === room.player)),
  room.on('network', ({ isOnline }) => console.log(isOnline ? 'online' : 'offline')),
  room.on('renamed', ({ before, name }) => console.log(`${before} is ${name}`)),
  room.on('roster', (roster: ReadonlyMap<number, RosterEntry>) => console.log(roster.size)),
  room.on('refused', ({ cause }) => console.log(cause === 'far_future')),
  room.on('welcome', (welcome: Welcome) => console.log(welcome.tickRateHz * 2)),
  room.on('error', (error) => {
    if (error instanceof WireError) console.log(error.at.toFixed(), error.code);
    else if (error instanceof DesyncError) console.log(error.tick.toFixed());
    else if (error instanceof TickwireError) console.log(error.code.length);
  }),
];

function draw({ id, kind, x = 0, y = 0 }: Entity): void {
  console.log(id.toFixed(), kind.toUpperCase(), x.toFixed(), y.toFixed());
}

function describe({ state, attempt, transport, retryAtMs, error }: ConnectionStatus): string {
  const carriedBy: Transport | undefined = transport;
  switch (state) {
    case 'open':
      return carriedBy ?? 'here';
    case 'waiting':
      return `attempt ${attempt.toFixed()} at ${retryAtMs?.toFixed() ?? ''}`;
    case 'closed':
      if (error instanceof JoinError) return `${error.status.toFixed()} ${error.code}`;
      return error instanceof ConnectionError ? error.closeCode.toFixed() : 'closed';
    case 'joining':
    case 'connecting':
      return state;
  }
}

async function play(): Promise<void> {
  await room.ready;
  const seq: number | undefined = room.send({ vx: 100, fire: true });
  const sent: boolean = room.message('say', { text: 'gg', times: 2 });
  const patient: RequestOptions = { resend: true, timeoutMs: 3000 };
  const values: AnswerValues = await room.request('far', { player: room.player ?? 0 }, patient);
  const elsewhere: Place = { game: 'arena', spectate: true };
  await room.change(elsewhere);
  await Promise.all([room.spectate(), room.play(), room.say('hello')]);
  const name: string = await room.rename('Countess');
  const schema: Schema | undefined = room.schema;
  console.log(seq, sent, values.at(0), name, schema?.entities.map((kind) => kind.name), SUBPROTOCOL);
  console.log(plainText(name, 24).length);
  for (const entity of room.view(performance.now())) draw(entity);
  room.look({ x: 0, y: 0, width: 100, height: 100 });
  try {
    await room.say('');
  } catch (error) {
    if (error instanceof RequestError) console.log(error.code, error.message);
  }
}

play().finally(() => {
  removers.forEach((remove) => remove());
  room.leave();
});

async function host(): Promise<void> {
  const wish: CreateOptions = { url: 'http://127.0.0.1:8080', private: true, password: 'tea', options: { world: '2000x2000' } };
  const opened: CreatedRoom = await createRoom(wish);
  const mine: Room = opened.join({ name: 'Ada', transport: 'stream' });
  console.log(opened.code?.length, opened.url.length, opened.hostKey.length);
  await mine.kick(7);
  await mine.closeRoom({ timeoutMs: 1000 });
  await room.change({ code: opened.code ?? '', password: 'tea' });
  const search: ListOptions = { url: wish.url, free: true, q: 'Ada', limit: 20 };
  const list: RoomList = await listRooms(search).catch((error) => {
    console.log(error instanceof JoinError ? error.field?.length : 0);
    return { rooms: [], servesReplays: false };
  });
  list.rooms.forEach(({ room: id, name, hasPassword, freeSeats }: ListedRoom) => console.log(id, name?.length, hasPassword, freeSeats.toFixed()));
  console.log(list.next?.length, mine.stats.transport satisfies Transport | undefined);
}
void host();

const names: (keyof RoomEvents)[] = ['cue', 'joined', 'left', 'leave', 'update', 'restarting', 'failed'];
console.log(names);

// @ts-expect-error: there is no such event
room.on('explode', () => {});
// @ts-expect-error: a server's address is needed
join({ name: 'Ada' });
// @ts-expect-error: there is no such transport
join({ url: '', name: 'Ada', transport: 'pigeon' });
// @ts-expect-error: a game's options are texts
createRoom({ url: '', options: { asteroids: 7 } });
// @ts-expect-error: inputs are numbers
room.send({ vx: 'fast' });
// @ts-expect-error: an area has a size
room.look({ x: 0, y: 0 });
// @ts-expect-error: a room is no number
room.change({ room: 7 });
// @ts-expect-error: how it works within is nobody's business
room._connection;
