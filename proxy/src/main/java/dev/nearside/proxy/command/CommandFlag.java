package dev.nearside.proxy.command;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The flags of a command, as bits; what each means is on the Redis command page of COMMAND. Flags
 * that decide nothing here have no bit.
 */
public final class CommandFlag {
  /** May change keys. */
  public static final int WRITE = 1;

  /** Never changes keys. */
  public static final int READONLY = 1 << 1;

  /** Refused when the server is out of memory. */
  public static final int DENYOOM = 1 << 2;

  /** Administration. */
  public static final int ADMIN = 1 << 3;

  /** About publish and subscribe. */
  public static final int PUBSUB = 1 << 4;

  /** Refused in scripts. */
  public static final int NOSCRIPT = 1 << 5;

  /** May block its connection; from the flag, or before Redis 7.0 from the category. */
  public static final int BLOCKING = 1 << 6;

  /** Has keys whose place depends on the arguments. */
  public static final int MOVABLE_KEYS = 1 << 7;

  /** Allowed while the server loads its data. */
  public static final int LOADING = 1 << 8;

  /** Allowed on a replica that lost its primary. */
  public static final int STALE = 1 << 9;

  /** Constant or logarithmic time. */
  public static final int FAST = 1 << 10;

  /** Allowed before authentication. */
  public static final int NO_AUTH = 1 << 11;

  /** May be replicated although it is not marked as a write; told by Redis 6.2 only. */
  public static final int MAY_REPLICATE = 1 << 12;

  /** Takes the effect of ASKING by itself. */
  public static final int ASKING = 1 << 13;

  /** Comes from a module. */
  public static final int MODULE = 1 << 14;

  /** Refused in transactions, which then fail, whatever its keys are. */
  public static final int NO_MULTI = 1 << 15;

  /** The words of COMMAND, in the order of the bits. */
  private static final List<String> WORDS =
      List.of(
          "write",
          "readonly",
          "denyoom",
          "admin",
          "pubsub",
          "noscript",
          "blocking",
          "movablekeys",
          "loading",
          "stale",
          "fast",
          "no_auth",
          "may_replicate",
          "asking",
          "module",
          "no_multi");

  private CommandFlag() {}

  /** Returns the bit of a flag or ACL category as COMMAND writes it; 0 for one that has none. */
  static int bit(String word) {
    int i = word.equals("@blocking") ? WORDS.indexOf("blocking") : WORDS.indexOf(word);
    return i < 0 ? 0 : 1 << i;
  }

  /** Returns the flags as commands.txt writes them: words with commas between, or "-". */
  static String words(int flags) {
    String words =
        WORDS.stream().filter(word -> (flags & bit(word)) != 0).collect(Collectors.joining(","));
    return words.isEmpty() ? "-" : words;
  }
}
