package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.relay.LaneKey.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaneChoiceTest {
  private final CommandTable table = CommandTable.builtIn();
  private final LaneChoice choice = new LaneChoice();

  private Command command(String name) {
    return table.commands().stream()
        .filter(command -> command.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Kind send(String name, boolean awaited) {
    Kind kind = choice.choose(command(name), awaited);
    assertThat(kind).as("lane of %s", name).isNotNull();
    choice.taken(kind);
    return kind;
  }

  @ParameterizedTest
  @CsvSource({
    "GET, READS",
    "HGETALL, READS",
    "SCAN, READS",
    "PING, READS",
    "INFO, READS",
    "TTL, READS",
    "SET, WRITES",
    "PFCOUNT, WRITES",
    "PUBLISH, WRITES",
    "FLUSHALL, WRITES",
    "GETEX, WRITES",
    "EVAL, SCRIPTS",
    "EVALSHA_RO, SCRIPTS",
    "FCALL, SCRIPTS",
    "KEYS, BULK",
    "DUMP, BULK",
    "COMMAND, BULK"
  })
  void choose_nothingAwaited_isTheCommandsOwnLane(String name, Kind kind) {
    assertThat(choice.choose(command(name), false)).isEqualTo(kind);
  }

  @Test
  void choose_readBehindAWrite_staysBehindIt() {
    assertThat(send("SET", false)).isEqualTo(Kind.WRITES);
    assertThat(send("GET", true)).isEqualTo(Kind.WRITES);
    assertThat(send("GET", false)).isEqualTo(Kind.READS);
  }

  @Test
  void choose_scriptThenWriteThenRead_stayBehindIt() {
    assertThat(send("EVAL", false)).isEqualTo(Kind.SCRIPTS);
    assertThat(send("SET", true)).isEqualTo(Kind.SCRIPTS);
    assertThat(send("GET", true)).isEqualTo(Kind.SCRIPTS);
  }

  @ParameterizedTest
  @CsvSource({"GET, SET", "GET, EVAL", "SET, EVAL", "GET, KEYS", "KEYS, SET", "EVAL, KEYS"})
  void choose_anotherLaneWhileOneIsAwaited_waits(String first, String second) {
    send(first, false);
    assertThat(choice.choose(command(second), true)).isNull();
  }

  @Test
  void choose_afterAMixedPipeline_takesTheLaneThatTakesAll() {
    send("GET", false);
    choice.waited(command("SET"));
    assertThat(send("SET", false)).isEqualTo(Kind.WRITES);
    assertThat(send("GET", false)).as("reads go where the write will").isEqualTo(Kind.WRITES);
    assertThat(choice.readsGo(false)).isEqualTo(Kind.WRITES);
    for (int i = 0; i < 64; i++) {
      send("GET", false);
    }
    assertThat(send("GET", false)).as("it no longer mixes").isEqualTo(Kind.READS);
  }

  @Test
  void choose_scriptsAmongMixedCommands_goToTheirOwnLane() {
    send("GET", false);
    choice.waited(command("SET"));
    assertThat(send("EVAL", false)).isEqualTo(Kind.SCRIPTS);
    assertThat(send("KEYS", false)).isEqualTo(Kind.BULK);
  }
}
