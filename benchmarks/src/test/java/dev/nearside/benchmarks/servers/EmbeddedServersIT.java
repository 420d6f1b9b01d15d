package dev.nearside.benchmarks.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class EmbeddedServersIT {
  @ParameterizedTest
  @EnumSource
  void redis_ofEverySource_answersAndLeavesNothing(RedisProgram program) throws Exception {
    Path left;
    long pid;
    try (ScratchDirectory scratch = ScratchDirectory.create();
        EmbeddedRedis redis = EmbeddedRedis.start(program.find(scratch.path()), scratch.path());
        RedisConnection connection = RedisConnection.open(redis.port())) {
      left = scratch.path();
      pid = redis.pid();
      assertThat(connection.call("SET", "k", "grün")).isEqualTo("OK");
      assertThat(connection.call("GET", "k")).isEqualTo("grün");
      assertThat(connection.call("GET", "none")).isEqualTo("(nil)");
    }
    assertThat(left).doesNotExist();
    assertThat(ProcessHandle.of(pid)).isNotPresent();
  }

  @ParameterizedTest
  @EnumSource
  void postgres_asEveryUser_answersAndLeavesNothing(UnprivilegedUser user) throws Exception {
    assumeTrue(user.works(), "this system does not allow it");
    Path left;
    long pid;
    try (ScratchDirectory scratch = ScratchDirectory.create();
        EmbeddedPostgres postgres = EmbeddedPostgres.start(scratch.path(), user)) {
      left = scratch.path();
      pid = postgres.pid();
      assertThat(version(postgres)).startsWith("18.");
    }
    assertThat(left).doesNotExist();
    assertThat(ProcessHandle.of(pid)).isNotPresent();
  }

  @Test
  void find_onThisMachine_isNotRoot() {
    assertThat(UnprivilegedUser.find().works()).isTrue();
  }

  @Test
  void start_ofWhatEnds_saysWhatItPrinted() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create()) {
      Path script = Files.writeString(scratch.path().resolve("broken"), "echo no such luck\n");
      Path log = scratch.path().resolve("log");
      assertThatThrownBy(() ->
              ServerProcess.start(List.of("/bin/sh", script.toString()), Ports.free(), log, "TERM"))
          .isInstanceOf(ServerException.class)
          .hasMessageContaining("no such luck");
    }
  }

  private static String version(EmbeddedPostgres postgres) throws Exception {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW server_version")) {
      row.next();
      return row.getString(1);
    }
  }
}
