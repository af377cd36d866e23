/** Names a side output and gives it a type: one object is used where it is written and where it is read. */
export class OutputTag<T> {
  readonly id: string;
  /** Only for the compiler: keeps tags of different types apart. */
  declare readonly valueType: (value: T) => T;

  constructor(id: string) {
    this.id = id;
  }
}
