package dev.nearside.proxy.command;

/**
 * What COMMAND says about one command.
 *
 * @param name upper case, container and subcommand separated by one space
 * @param arity number of arguments, the name included; negative: at least that many
 * @param flags bits of {@link CommandFlag}
 * @param firstKey index of the first key; 0: no key at a fixed place
 * @param lastKey index of the last key; negative: counted from the end, -1 is the last argument
 * @param step distance from one key to the next
 */
record Signature(String name, int arity, int flags, int firstKey, int lastKey, int step) {

  boolean has(int anyOf) {
    return (flags & anyOf) != 0;
  }
}
