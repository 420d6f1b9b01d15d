package dev.nearside.proxy.tier.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.DriverDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connects as HikariCP would, and tells how that went. Thread-safe; blocks. */
final class WatchedSource implements InvocationHandler {
  private final DataSource driver;
  private final Runnable connected;
  private final Consumer<SQLException> failed;

  private WatchedSource(DataSource driver, Runnable connected, Consumer<SQLException> failed) {
    this.driver = driver;
    this.connected = connected;
    this.failed = failed;
  }

  /** Returns a source of connections to where {@code config} says. */
  static DataSource of(HikariConfig config, Runnable connected, Consumer<SQLException> failed) {
    DataSource driver =
        new DriverDataSource(
            config.getJdbcUrl(),
            null,
            config.getDataSourceProperties(),
            config.getUsername(),
            config.getPassword());
    return (DataSource)
        Proxy.newProxyInstance(
            WatchedSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            new WatchedSource(driver, connected, failed));
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args)
      throws Throwable {
    if (method.getName().equals("getConnection")) {
      return connect();
    }
    try {
      return method.invoke(driver, args);
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }

  private Connection connect() throws SQLException {
    try {
      Connection made = driver.getConnection();
      connected.run();
      return made;
    } catch (SQLException e) {
      failed.accept(e);
      throw e;
    }
  }
}
