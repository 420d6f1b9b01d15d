package dev.nearside.proxy.history;

import java.util.ArrayList;
import java.util.List;

/**
 * One command on the group. A slot is one key in one database: {@code database * keys + key}.
 *
 * @param slots the keys it names, in order; the target of a command of two is the second
 * @param text a value, or what is told
 * @param number milliseconds or seconds to live or, for PXAT and EXAT, since the epoch; an offset,
 *     or a database
 * @param options of SET, GETEX and COPY
 */
@SuppressWarnings("ArrayRecordComponent") // never changed; a list would box or double what is held
record Step(Verb verb, int[] slots, String text, long number, int options) {
  static final int NX = 1;
  static final int XX = 2;
  static final int GET = 4;
  static final int KEEPTTL = 8;
  static final int PX = 16;
  static final int EX = 32;
  static final int PERSIST = 64;
  static final int REPLACE = 128;
  static final int PXAT = 256;
  static final int EXAT = 512;

  static Step of(Verb verb, int... slots) {
    return new Step(verb, slots, "", 0, 0);
  }

  static Step text(Verb verb, int slot, String text) {
    return new Step(verb, new int[] {slot}, text, 0, 0);
  }

  static Step number(Verb verb, int slot, long number) {
    return new Step(verb, new int[] {slot}, "", number, 0);
  }

  static Step set(int slot, String text, long ttl, int options) {
    return new Step(Verb.SET, new int[] {slot}, text, ttl, options);
  }

  boolean has(int option) {
    return (options & option) != 0;
  }

  int slot() {
    return slots[0];
  }

  /** Returns the slots that a reply to it tells of, one bit each. */
  int shown() {
    if (verb == Verb.FLUSHDB || verb == Verb.SWAPDB || verb == Verb.TELL) {
      return 0;
    }
    int mask = 0;
    for (int slot : slots) {
      mask |= 1 << slot;
    }
    return mask;
  }

  /** Returns the slots that it has changed for sure if it was answered so. */
  int changed(Object reply, int keys) {
    return switch (verb) {
      case GET, MGET, STRLEN, EXISTS, TELL, BROKEN, IS -> 0;
      case SET -> setChanged(reply) ? shown() : 0;
      case GETSET, APPEND, SETRANGE -> shown();
      case INCR -> reply instanceof Long ? shown() : 0;
      case GETDEL -> reply == Sign.NIL ? 0 : shown();
      case GETEX -> reply == Sign.NIL || options == 0 || has(PERSIST) ? 0 : shown();
      case DEL, UNLINK -> reply.equals((long) slots.length) ? shown() : 0;
      case RENAME -> reply == Sign.OK ? shown() : 0;
      case COPY -> reply.equals(1L) ? 1 << slots[1] : 0;
      case RENAMENX, MOVE, PEXPIRE, EXPIRE, PERSIST -> reply.equals(1L) ? shown() : 0;
      case FLUSHDB -> ((1 << keys) - 1) << ((int) number * keys);
      case SWAPDB -> (1 << (2 * keys)) - 1;
    };
  }

  private boolean setChanged(Object reply) {
    boolean told = has(GET);
    if (has(NX)) {
      return told ? reply == Sign.NIL : reply == Sign.OK;
    }
    if (has(XX)) {
      return told ? reply != Sign.NIL : reply == Sign.OK;
    }
    return true;
  }

  /** Returns whether its reply tells nothing about what others wrote. */
  boolean isBlind() {
    return verb == Verb.TELL || (verb == Verb.SET && (options & (NX | XX | GET)) == 0);
  }

  /** Returns whether, answered so, it never changes anything. */
  boolean isPure(Object reply) {
    return switch (verb) {
      case GET, MGET, STRLEN, EXISTS, TELL, BROKEN, IS -> true;
      case SET -> !setChanged(reply);
      case INCR, RENAME -> reply == Sign.ERROR;
      case GETDEL -> reply == Sign.NIL;
      case GETEX -> reply == Sign.NIL || options == 0;
      case DEL, UNLINK, COPY, RENAMENX, MOVE, PEXPIRE, EXPIRE, PERSIST ->
          reply == Sign.ERROR || reply.equals(0L);
      case GETSET, APPEND, SETRANGE, FLUSHDB, SWAPDB -> false;
    };
  }

  /** Returns it as it is sent by a client whose database is that of its first slot. */
  List<String> words(Group group) {
    List<String> words = new ArrayList<>();
    words.add(verb == Verb.BROKEN ? "PEXPIRE" : verb.name());
    if (verb != Verb.SWAPDB && verb != Verb.FLUSHDB) {
      words.add(group.name(slots[0]));
    }
    switch (verb) {
      case MGET, DEL, UNLINK, EXISTS -> addNames(words, group);
      case SET -> {
        words.add(text);
        addOptions(words);
      }
      case GETEX -> addOptions(words);
      case GETSET, APPEND -> words.add(text);
      case SETRANGE -> words.addAll(List.of(Long.toString(number), text));
      case RENAME, RENAMENX -> words.add(group.name(slots[1]));
      case COPY -> {
        words.addAll(List.of(group.name(slots[1]), "DB", group.database(slots[1])));
        addOptions(words);
      }
      case MOVE -> words.add(group.database(slots[1]));
      case PEXPIRE, EXPIRE -> words.add(Long.toString(number));
      case BROKEN -> words.add("soon");
      case SWAPDB -> words.addAll(List.of(group.databaseName(0), group.databaseName(1)));
      case GET, STRLEN, INCR, GETDEL, PERSIST, FLUSHDB -> {}
      case TELL, IS -> throw new IllegalStateException(verb + " is not sent as such");
    }
    return words;
  }

  private void addNames(List<String> words, Group group) {
    for (int i = 1; i < slots.length; i++) {
      words.add(group.name(slots[i]));
    }
  }

  private void addOptions(List<String> words) {
    add(words, NX, "NX");
    add(words, XX, "XX");
    add(words, GET, "GET");
    add(words, KEEPTTL, "KEEPTTL");
    add(words, PERSIST, "PERSIST");
    add(words, REPLACE, "REPLACE");
    addNumber(words, PX, "PX");
    addNumber(words, EX, "EX");
    addNumber(words, PXAT, "PXAT");
    addNumber(words, EXAT, "EXAT");
  }

  private void addNumber(List<String> words, int option, String word) {
    if (has(option)) {
      words.addAll(List.of(word, Long.toString(number)));
    }
  }

  private void add(List<String> words, int option, String word) {
    if (has(option)) {
      words.add(word);
    }
  }

  @Override
  public String toString() {
    StringBuilder shown = new StringBuilder(verb.name());
    for (int slot : slots) {
      shown.append(' ').append(Group.slotName(slot));
    }
    if (!text.isEmpty()) {
      shown.append(' ').append(text);
    }
    List<String> words = new ArrayList<>();
    addOptions(words);
    if (words.isEmpty() && number != 0) {
      words.add(Long.toString(number));
    }
    return words.isEmpty() ? shown.toString() : shown + " " + String.join(" ", words);
  }
}
