import { openSession, type SessionOptions } from './open-session.ts';
import { TableEnvironment } from './table-environment.ts';

export function createTableEnvironment(options: SessionOptions = {}): TableEnvironment {
  return new TableEnvironment(openSession(options));
}
