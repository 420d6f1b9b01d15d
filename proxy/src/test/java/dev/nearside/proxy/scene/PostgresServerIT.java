package dev.nearside.proxy.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PostgresServerIT {
  @Test
  void lifeOfAServer() {
    List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
    try (PostgresServer server = PostgresServer.start()) {
      server.execute("CREATE TABLE t (n int)", "INSERT INTO t VALUES (1), (2)");
      assertThat(server.count("SELECT count(*) FROM t")).isEqualTo(2);
      assertThat(server.count("SHOW server_version_num")).isBetween(180006L, 189999L);

      server.stop();
      assertThatThrownBy(server::connect).isInstanceOf(SQLException.class);
      server.restart();
      assertThat(server.count("SELECT count(*) FROM t")).isEqualTo(2);

      server.kill();
      assertThatThrownBy(server::connect).isInstanceOf(SQLException.class);
      server.restart();
      assertThat(server.count("SELECT count(*) FROM t")).isEqualTo(2);

      server.pause();
      String impatient = server.jdbcUrl() + "?socketTimeout=1";
      assertThatThrownBy(() -> DriverManager.getConnection(impatient, PostgresServer.USER, null))
          .isInstanceOf(SQLException.class);
      server.resume();
      assertThat(server.count("SELECT count(*) FROM t")).isEqualTo(2);
    }
    assertThat(ProcessHandle.current().descendants()).hasSameSizeAs(before);
  }
}
