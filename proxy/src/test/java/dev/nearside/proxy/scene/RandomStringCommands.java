package dev.nearside.proxy.scene;

import dev.nearside.proxy.strings.StringWrites;
import java.util.List;
import java.util.Random;

/**
 * Any of the commands that write strings, of three keys. Without an end: tables of users' own have
 * no place for one.
 */
public final class RandomStringCommands {
  private static final List<String> VALUES = List.of("x", "12", "-7", "1.5", "", "text");

  private final List<String> names = StringWrites.names().stream().sorted().toList();
  private final Random random;
  private final String prefix;

  /**
   * Creates a source of them.
   *
   * @param prefix what the three keys begin with; 1, 2 and 3 follow
   */
  public RandomStringCommands(Random random, String prefix) {
    this.random = random;
    this.prefix = prefix;
  }

  /** Returns the next. */
  public String[] next() {
    String name = names.get(random.nextInt(names.size()));
    String key = prefix + (1 + random.nextInt(3));
    String other = prefix + (1 + random.nextInt(3));
    String value = VALUES.get(random.nextInt(VALUES.size()));
    return switch (name) {
      case "SET" ->
          switch (random.nextInt(5)) {
            case 0 -> new String[] {name, key, value, "NX"};
            case 1 -> new String[] {name, key, value, "XX"};
            case 2 -> new String[] {name, key, value, "GET"};
            case 3 -> new String[] {name, key, value, "KEEPTTL"};
            default -> new String[] {name, key, value};
          };
      case "SETNX", "GETSET", "APPEND" -> new String[] {name, key, value};
      case "SETEX", "PSETEX" -> new String[] {name, key, "0", value};
      case "MSET", "MSETNX" -> new String[] {name, key, value, other, "y"};
      case "DEL", "UNLINK" -> new String[] {name, key, other};
      case "GETDEL", "PERSIST", "INCR", "DECR" -> new String[] {name, key};
      case "GETEX" -> new String[] {name, key, "PERSIST"};
      case "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT" -> new String[] {name, key, "-1"};
      case "INCRBY", "DECRBY" -> new String[] {name, key, "5"};
      case "INCRBYFLOAT" -> new String[] {name, key, "0.1"};
      case "SETRANGE" -> new String[] {name, key, "2", value};
      default -> throw new AssertionError("no way to make a " + name);
    };
  }
}
