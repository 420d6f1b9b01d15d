package dev.nearside.proxy.command;

import static dev.nearside.proxy.resp.RequestFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandTableTest {
  private final CommandTable builtIn = CommandTable.builtIn();

  @Test
  void builtIn_classifiesEveryCommandAsReviewed() throws IOException {
    assertThat(Listing.classification(builtIn.commands()))
        .containsExactlyElementsOf(Listing.read("classification.txt"));
  }

  @Test
  void traits_everyRowBelongsToACommand() throws IOException {
    Set<String> names = builtIn.commands().stream().map(Command::name).collect(Collectors.toSet());
    List<String> rows =
        Listing.read("traits.txt").stream()
            .map(line -> line.substring(0, line.indexOf(' ')).replace('|', ' '))
            .toList();
    assertThat(rows)
        .isNotEmpty()
        .allMatch(row -> names.contains(row.endsWith(" *") ? row.replace(" *", "") : row));
  }

  @Test
  void builtIn_whoseKeysMove_hasARuleForThem() {
    assertThat(builtIn.commands())
        .filteredOn(command -> command.has(CommandFlag.MOVABLE_KEYS))
        .isNotEmpty()
        .allMatch(command -> command.keyRule() != KeyRule.RANGE);
  }

  @Test
  void builtIn_thatWritesKnownKeys_knowsAKey() {
    assertThat(builtIn.commands())
        .filteredOn(command -> command.effect() == Effect.WRITES_KEYS)
        .isNotEmpty()
        .allMatch(command -> command.firstKey() > 0 || command.keyRule() != KeyRule.RANGE);
  }

  @Test
  void find_everyCommandByItsOwnNameInAnyCase() {
    for (Command command : builtIn.commands()) {
      assertThat(builtIn.find(request(command.name()))).isSameAs(command);
      assertThat(builtIn.find(request(command.name().toLowerCase(java.util.Locale.ROOT) + " x y")))
          .isSameAs(command.name().contains(" ") ? command : builtIn.find(request(command.name())));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"\"",
        "GE",
        "GETX",
        "GET\0",
        "G",
        "RESTORE-",
        "RESTORE-ASKINGS",
        "RESTORE-ASKIN_",
        "GEORADIUSBYMEMBERS",
        "GEORADIU",
        "NEARSIDE",
        "NEARSIDE.",
        "MY.MODULE"
      })
  void find_whatIsNoCommand_isUnknown(String name) {
    assertThat(builtIn.find(request(name + " a b"))).isSameAs(Command.unknown());
    assertThat(builtIn.find(request(name))).isSameAs(Command.unknown());
  }

  @Test
  void unknown_isPinnedAndMayWriteAnything() {
    Command unknown = Command.unknown();
    assertThat(unknown.way()).isEqualTo(Way.PINNED);
    assertThat(unknown.effect()).isEqualTo(Effect.WRITES_OPAQUE);
    assertThat(unknown.informative(request("X"))).isTrue();
    assertThat(KeyPositions.forEachKey(unknown, request("X a"), i -> {})).isFalse();
  }

  @Test
  void find_nearsidesOwn_neverGoesUpstream() {
    assertThat(builtIn.find(request("nearside.l1 off"))).isSameAs(Command.own());
    assertThat(Command.own().way()).isEqualTo(Way.OWN);
  }

  @Test
  void find_container_withoutOrWithUnknownSubcommand_isThePinnedContainer() {
    for (String line : List.of("OBJECT", "object foo k", "XGROUP \"\"")) {
      Command found = builtIn.find(request(line));
      assertThat(found.name()).doesNotContain(" ");
      assertThat(found.way()).isEqualTo(Way.PINNED);
      assertThat(found.effect()).isEqualTo(Effect.WRITES_OPAQUE);
    }
  }

  @Test
  void find_foldsLettersOnly() {
    CommandTable table =
        CommandTable.of(
            List.of(
                command("m[@", "readonly", 1),
                command("m{`", "write", 1),
                command("longer.than-eight[", "readonly", 1),
                command("longer.than-eight{", "write", 1)));
    assertThat(table.find(request("M[@ k")).effect()).isEqualTo(Effect.READS);
    assertThat(table.find(request("M{` k")).effect()).isEqualTo(Effect.WRITES_KEYS);
    assertThat(table.find(request("M{@ k"))).isSameAs(Command.unknown());
    assertThat(table.find(request("M[` k"))).isSameAs(Command.unknown());
    assertThat(table.find(request("Longer.Than-Eight[ k")).effect()).isEqualTo(Effect.READS);
    assertThat(table.find(request("Longer.Than-Eight{ k")).effect()).isEqualTo(Effect.WRITES_KEYS);
    assertThat(table.find(request("\u00cd[@ k"))).isSameAs(Command.unknown());
  }

  @ParameterizedTest
  @CsvSource({
    "GET k, true",
    "PING, false",
    "ECHO x, false",
    "HELLO 3, false",
    "CLIENT SETNAME x, false",
    "CLIENT ID, true",
    "PUBLISH c m, false",
    "SET k v, false",
    "set k v ex 10, false",
    "SET k v PX 10 KEEPTTL, false",
    "SET k NX, false",
    "SET k v NX, true",
    "SET k v EX 10 XX, true",
    "SET k v GET, true",
    "SET k v EX GET, false",
    "SET k v IFEQ old, true",
    "MSET a 1 b 2, false",
    "MSETNX a 1, true",
    "HSET h f v, true",
    "INCR k, true",
    "FOO, true"
  })
  void informative_dependsOnCommandAndOptions(String line, boolean expected) {
    assertThat(builtIn.find(request(line)).informative(request(line))).isEqualTo(expected);
  }

  @Test
  void acceptsArgCount_followsArity() {
    Command get = builtIn.find(request("GET"));
    assertThat(List.of(1, 2, 3)).filteredOn(get::acceptsArgCount).containsExactly(2);
    Command mget = builtIn.find(request("MGET"));
    assertThat(List.of(1, 2, 3)).filteredOn(mget::acceptsArgCount).containsExactly(2, 3);
  }

  @ParameterizedTest
  @CsvSource({
    "readonly, 1, PINNED, READS, true",
    "write, 1, PINNED, WRITES_KEYS, true",
    "write, 0, PINNED, WRITES_OPAQUE, false",
    "readonly, 0, PINNED, READS, false",
    "write movablekeys, 1, PINNED, WRITES_OPAQUE, false",
    "readonly may_replicate, 1, PINNED, WRITES_KEYS, true",
    "write blocking, 1, PINNED, WRITES_KEYS, true",
    "write @blocking, 1, PINNED, WRITES_KEYS, true",
    "readonly noscript, 1, PINNED, READS, true",
    "readonly admin, 1, PINNED, READS, true",
    "fast, 1, PINNED, WRITES_OPAQUE, true",
  })
  void of_commandNobodyKnows_followsFromItsFlags(
      String flags, int firstKey, Way way, Effect effect, boolean keysKnown) {
    CommandTable table = CommandTable.of(List.of(command("my.command", flags, firstKey)));
    Command found = table.find(request("MY.COMMAND k"));
    assertThat(found.way()).isEqualTo(way);
    assertThat(found.effect()).isEqualTo(effect);
    assertThat(KeyPositions.forEachKey(found, request("MY.COMMAND k"), i -> {}))
        .isEqualTo(keysKnown);
  }

  @Test
  void of_commandNobodyKnows_keepsItsConnectionOnlyWhereFlagsSayNothing() {
    CommandTable table =
        CommandTable.of(List.of(command("my.get", "readonly", 1), command("my.talk", "fast", 0)));
    assertThat(table.find(request("MY.GET k")).connectionEffect()).isEqualTo(ConnectionEffect.NONE);
    assertThat(table.find(request("MY.TALK")).connectionEffect()).isEqualTo(ConnectionEffect.KEEPS);
  }

  @Test
  void of_dataTypesOfRedis8_takeALane() {
    CommandTable table = CommandTable.of(List.of(command("json.get", "readonly", 1)));
    assertThat(table.find(request("JSON.GET k")).way()).isEqualTo(Way.LANE);
  }

  @Test
  void of_shapeOf62_addsTheSubcommandsThatItDoesNotTell() {
    CommandTable table = CommandTable.of(List.of(command("client", "admin noscript", 0)));
    assertThat(table.find(request("CLIENT SETNAME x")).way()).isEqualTo(Way.GREETING);
    assertThat(table.find(request("CLIENT TRACKING ON")).connectionEffect())
        .isEqualTo(ConnectionEffect.TRACKING);
    assertThat(table.find(request("GET k"))).isSameAs(Command.unknown());
  }

  @Test
  void of_subcommandNobodyKnows_followsFromItsFlags() {
    List<Object> container =
        List.of(
            "object",
            -2L,
            List.of(),
            0L,
            0L,
            0L,
            List.of(),
            List.of(),
            List.of(),
            List.of(command("object|size", "readonly", 2), command("object|freq", "readonly", 2)));
    CommandTable table = CommandTable.of(List.of(container));
    assertThat(table.find(request("OBJECT SIZE k")).way()).isEqualTo(Way.LANE);
    assertThat(table.find(request("OBJECT SIZE k")).effect()).isEqualTo(Effect.READS);
    assertThat(table.find(request("OBJECT IDLETIME k")).name()).isEqualTo("OBJECT");
  }

  @Test
  void of_greetingThatA70DoesNotTell_doesNotPin() {
    List<Object> nothing = List.of();
    List<Object> setName = command("client|setname", "fast", 0);
    List<Object> container =
        List.of("client", -2L, nothing, 0L, 0L, 0L, nothing, nothing, nothing, List.of(setName));
    CommandTable table = CommandTable.of(List.of(container));
    assertThat(table.find(request("CLIENT SETNAME x")).way()).isEqualTo(Way.GREETING);
    assertThat(table.find(request("CLIENT SETINFO LIB-NAME x")).way()).isEqualTo(Way.GREETING);
    assertThat(table.find(request("CLIENT ID")).way()).isEqualTo(Way.PINNED);
  }

  @Test
  void of_knownCommandWhoseKeysMoveNow_isOpaque() {
    CommandTable table = CommandTable.of(List.of(command("append", "write movablekeys", 1)));
    Command found = table.find(request("APPEND k v"));
    assertThat(found.effect()).isEqualTo(Effect.WRITES_OPAQUE);
    assertThat(KeyPositions.forEachKey(found, request("APPEND k v"), i -> {})).isFalse();
  }

  @Test
  void of_whatCommandNeverReplies_isRefused() {
    assertThatThrownBy(() -> CommandTable.of(List.of("get")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("COMMAND: expected a list, got String");
    assertThatThrownBy(() -> CommandTable.of(List.of(List.of("get", 2L))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("COMMAND: expected at least 6 elements for a command, got 2");
    assertThatThrownBy(() -> CommandTable.of(List.of(List.of("get", "2", List.of(), 1L, 1L, 1L))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("COMMAND: expected a number, got String");
  }

  /** An element of COMMAND's reply in the shape of 6.2; words with an at sign are categories. */
  private static List<Object> command(String name, String words, int firstKey) {
    List<byte[]> flags = bytes(words, false);
    List<byte[]> categories = bytes(words, true);
    Long key = (long) firstKey;
    return List.of(
        name.getBytes(StandardCharsets.ISO_8859_1), -1L, flags, key, key, key, categories);
  }

  private static List<byte[]> bytes(String words, boolean categories) {
    return Arrays.stream(words.split(" ", -1))
        .filter(word -> word.startsWith("@") == categories)
        .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
        .toList();
  }
}
