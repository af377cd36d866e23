/**
 * The prompt: reads statements up to their `;`, runs them, shows results in the mode that
 * `sql-client.execution.result-mode` says. An error does not end it; Ctrl-C ends the running query, at an empty prompt
 * the second one ends the program.
 *
 * Result modes as in Flink's SQL client: TABLEAU prints as rows come, TABLE shows what a changelog comes to, CHANGELOG
 * shows every change with its kind.
 */
import * as readline from 'node:readline';
import { EngineError } from '../base/errors.ts';
import { endsStatement } from '../session/check-syntax.ts';
import type { TableEnvironment } from '../session/table-environment.ts';
import type { TableResult } from '../session/table-result.ts';
import { reportError } from './errors.ts';
import type { Format } from './format/format.ts';
import { tableFormat } from './format/table.ts';
import { EXIT, type Io } from './io.ts';
import { formatContext, writeResult } from './run-script.ts';

const PROMPT = 'Weir SQL> ';
const CONTINUATION = '> ';
/** Changes that the mode CHANGELOG shows: the latest. */
const CHANGELOG_LIMIT = 1000;

const HELP = `Statements end with ';'. Besides SQL:
  HELP;          this text
  CLEAR;         clears the screen
  QUIT; EXIT;    leave, as does Ctrl-D
  SET 'sql-client.execution.result-mode' = 'table' | 'changelog' | 'tableau';
  SET 'execution.runtime-mode' = 'streaming' | 'batch' | 'automatic';
`;

export async function runRepl(environment: TableEnvironment, format: Format, io: Io): Promise<number> {
  const lines = readline.createInterface({
    input: io.input,
    output: io.output,
    prompt: PROMPT,
    terminal: io.inputIsTerminal,
    historySize: 1000,
  });
  const repl = new Repl(environment, format, io, lines);
  return repl.run();
}

class Repl {
  readonly #environment: TableEnvironment;
  readonly #format: Format;
  readonly #io: Io;
  readonly #lines: readline.Interface;
  #buffer = '';
  #running: AbortController | null = null;
  #interruptions = 0;
  /** Input may end before its last lines are carried out. */
  #closed = false;

  constructor(environment: TableEnvironment, format: Format, io: Io, lines: readline.Interface) {
    this.#environment = environment;
    this.#format = format;
    this.#io = io;
    this.#lines = lines;
  }

  async run(): Promise<number> {
    this.#lines.on('SIGINT', () => this.#interrupted());
    this.#lines.on('close', () => {
      this.#closed = true;
    });
    this.#io.out('Weir: Flink SQL without a cluster. HELP; shows what there is, QUIT; leaves.\n\n');
    this.#prompt();
    for await (const line of this.#lines) {
      this.#interruptions = 0;
      this.#buffer += this.#buffer === '' ? line : `\n${line}`;
      if (this.#buffer.trim() === '') this.#buffer = '';
      else if (this.#buffer.trim() === ';' || endsStatement(this.#buffer)) {
        const text = this.#buffer;
        this.#buffer = '';
        if (this.#command(text) === 'leave') break;
        await this.#execute(text);
      }
      this.#prompt(this.#buffer === '' ? PROMPT : CONTINUATION);
    }
    this.#lines.close();
    this.#environment.close();
    return EXIT.ok;
  }

  #prompt(text = PROMPT): void {
    if (this.#closed) return;
    this.#lines.setPrompt(text);
    this.#lines.prompt();
  }

  /** Words that are no SQL. */
  #command(text: string): 'leave' | 'statement' {
    const word = text.trim().replace(/;$/, '').trim().toUpperCase();
    return word === 'QUIT' || word === 'EXIT' ? 'leave' : 'statement';
  }

  async #execute(text: string): Promise<void> {
    const word = text.trim().replace(/;$/, '').trim().toUpperCase();
    if (word === '') return;
    if (word === 'HELP') return this.#io.out(HELP);
    if (word === 'CLEAR') return this.#io.out('\u001b[2J\u001b[H');
    this.#running = new AbortController();
    const { signal } = this.#running;
    try {
      for await (const result of this.#environment.executeScript(text, { signal })) await this.#show(result);
    } catch (error) {
      if (signal.aborted) this.#io.out('Query terminated\n');
      else {
        const { configuration } = this.#environment.session;
        reportError(this.#io, error, text, undefined, configuration.boolean('sql-client.verbose'));
      }
    }
    this.#running = null;
    this.#io.out('\n');
  }

  async #show(result: TableResult): Promise<void> {
    const { session } = this.#environment;
    const start = session.clock.monotonic();
    if (result.kind === 'SUCCESS') {
      this.#io.out('[INFO] Execute statement succeeded.\n');
      return;
    }
    if (result.sinks.length > 0) {
      await result.wait();
      this.#io.out('[INFO] Complete execution of the SQL update statement.\n');
      return;
    }
    const mode = session.configuration.string('sql-client.execution.result-mode').toUpperCase();
    if (result.mode === null || this.#format !== tableFormat || mode === 'TABLEAU') {
      await writeResult(this.#environment, result, this.#format, this.#io);
    } else if (mode === 'CHANGELOG') await this.#showChangelog(result);
    else await this.#showTable(result);
    if (session.configuration.boolean('sql-client.display.print-time-cost') && result.mode !== null) {
      this.#io.out(`${((session.clock.monotonic() - start) / 1000).toFixed(2)} seconds\n`);
    }
  }

  /** @throws EngineError CLI-RESULT-MODE: a final result has no changes to show */
  async #showChangelog(result: TableResult): Promise<void> {
    if (!result.isChangelog) {
      result.job?.cancel();
      throw new EngineError(
        'CLI-RESULT-MODE',
        'results of BATCH can only be shown in the result modes table and tableau',
        { hint: "SET 'sql-client.execution.result-mode' = 'tableau'" },
      );
    }
    await tableFormat.write(await result.latest(CHANGELOG_LIMIT), formatContext(this.#environment, this.#io));
  }

  async #showTable(result: TableResult): Promise<void> {
    const limit = this.#environment.session.configuration.integer('sql-client.execution.max-table-result.rows');
    await tableFormat.write(await result.materialized(limit), formatContext(this.#environment, this.#io));
  }

  #interrupted(): void {
    if (this.#running !== null) {
      this.#running.abort();
      return;
    }
    if (this.#buffer === '' && ++this.#interruptions > 1) {
      this.#lines.close();
      return;
    }
    this.#buffer = '';
    this.#io.out(`\n${this.#interruptions === 1 ? '(once more, or QUIT;, to leave)\n' : ''}`);
    this.#prompt();
  }
}
