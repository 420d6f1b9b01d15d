package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

final class ConnectionsTest {
  @Test
  void isRefusal_whereNobodyListens_orTheServerTakesNobody() {
    assertThat(Connections.isRefusal(failure("08001", new ConnectException("refused")))).isTrue();
    assertThat(Connections.isRefusal(failure("57P03", null))).isTrue();
  }

  @Test
  void isRefusal_ofOneThatIsSlow_orThere_isNot() {
    assertThat(Connections.isRefusal(failure("08001", new SocketTimeoutException("slow"))))
        .isFalse();
    assertThat(Connections.isRefusal(failure("53300", null))).isFalse();
    assertThat(Connections.isRefusal(failure(null, null))).isFalse();
  }

  private static SQLException failure(String state, Exception cause) {
    return new SQLException("no connection", state, cause);
  }
}
