#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use proptest::prelude::*;

use super::*;

fn args(words: &[&str]) -> String {
    Redactor::new().args(words).join(" ")
}

fn line(text: &str) -> String {
    Redactor::new().command_line(text).into_owned()
}

/// Arguments as one blank-separated text; none of them holds a blank.
#[track_caller]
fn check(given: &str, expected: &str) {
    let words: Vec<&str> = given.split(' ').collect();
    assert_eq!(args(&words), expected, "as arguments");
    assert_eq!(line(given), expected, "as a line");
}

#[track_caller]
fn same(given: &str) {
    check(given, given);
}

#[test]
fn ordinary_command_lines_are_left_alone() {
    for given in [
        "nginx -g daemon off;",
        "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock",
        "/usr/bin/containerd-shim-runc-v2 -namespace moby -id 3f2a9d0c1b4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8 -address /run/containerd/containerd.sock",
        "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.18.0.2 -container-port 80",
        "java -Xmx512m -XX:+UseG1GC -cp /app/lib/spring-boot-3.2.jar:/app/lib/netty-4.1.jar org.springframework.boot.loader.launch.JarLauncher",
        "postgres: writer process",
        "sshd: root@pts/0",
        "git clone git@github.com:torvalds/linux.git",
        "ssh -p 2222 root@host.example.com",
        "docker run -d -p 8080:80 --name web nginx:1.27@sha256:aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999",
        "docker run -v /etc/ssl/private:/etc/ssl/private:ro ghcr.io/oauth2-proxy:v7.6.0",
        "kube-apiserver --authorization-mode=Node,RBAC --service-account-key-file=/etc/kubernetes/pki/sa.pub --tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
        "vllm serve meta-llama/Llama-3 --max-num-batched-tokens 8192 --tokenizer meta-llama/Llama-3",
        "git commit --author=Ada --message=fix",
        "python3 -m http.server 8000",
        "psql -h db -p 5432 -U app app",
        "kubectl get secret web-tls -n default",
        "vault token lookup",
        "npm install @scope/pkg@1.2.3",
        "curl http://registry:5000/@scope/pkg",
        "mongod --noauth --dbpath /data/db",
        "redis-server *:6379",
        "node --max-old-space-size=4096 server.js --no-password web",
        "prometheus --storage.tsdb.path=/prometheus --web.config.file=/etc/web.yml",
        "mysqld --basedir=/usr --datadir=/var/lib/mysql --port=3306",
        "/lib/systemd/systemd --switched-root --system --deserialize 31",
        "[kworker/u8:2-events_unbound]",
        "postgres -c config_file=/etc/postgresql/postgresql.conf",
        "app --password-file /run/secrets/db --token-path=/var/run/secrets/token",
        "tool --token --verbose",
        "",
        "a  b   c ",
    ] {
        same(given);
    }
}

#[test]
fn documented_examples_are_shown_as_they_say() {
    let rows: Vec<&str> = include_str!("../../../../docs/redaction.md").lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() >= 14);
    for row in rows {
        let cells: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        check(cells[0], cells[1]);
    }
}

#[test]
fn flags_and_assignments() {
    check("app --password=hunter2", "app --password=[redacted]");
    check("app --password hunter2 --port 80", "app --password [redacted] --port 80");
    check("app --PassWord hunter2", "app --PassWord [redacted]");
    check("app -password hunter2", "app -password [redacted]");
    check("app --db-passwd=x --api-key abc --apiKey=abc", "app --db-passwd=[redacted] --api-key [redacted] --apiKey=[redacted]");
    check("app --token -startswithdash", "app --token [redacted]");
    check("PASSWORD=x ./run", "PASSWORD=[redacted] ./run");
    check("env PGPASSWORD=x AWS_SECRET_ACCESS_KEY=y psql", "env PGPASSWORD=[redacted] AWS_SECRET_ACCESS_KEY=[redacted] psql");
    check("java -Djavax.net.ssl.keyStorePassword=changeit -jar a.jar", "java -Djavax.net.ssl.keyStorePassword=[redacted] -jar a.jar");
    check("java -Dspring.datasource.password=x -Dspring.profiles.active=prod", "java -Dspring.datasource.password=[redacted] -Dspring.profiles.active=prod");
    check("redis-server --requirepass foo --port 6379", "redis-server --requirepass [redacted] --port 6379");
    check("redis-cli CONFIG SET requirepass foo", "redis-cli CONFIG SET requirepass [redacted]");
    check("aws configure set aws_secret_access_key abc", "aws configure set aws_secret_access_key [redacted]");
    assert_eq!(args(&["Server=db_1;Password=x;Sort=key", "shown"]), "Server=db_1;Password=[redacted];Sort=key shown", "an assignment announces nothing");
    check("mount -t cifs //srv/share /mnt -o user=bob,password=x,uid=1000", "mount -t cifs //srv/share /mnt -o user=bob,password=[redacted],uid=1000");
    check("openssl rsa -in k.pem -passin pass:hunter2", "openssl rsa -in k.pem -passin [redacted]");
    check("gpg --batch --passphrase abc -d f", "gpg --batch --passphrase [redacted] -d f");
    check("erl -setcookie monster -name a@b", "erl -setcookie [redacted] -name a@b");
    check(
        "app --credentials=abc --client-secret abc --private-key=abc --auth=abc",
        "app --credentials=[redacted] --client-secret [redacted] --private-key=[redacted] --auth=[redacted]",
    );
    check("docker run -e POSTGRES_PASSWORD=x -e LANG=C postgres", "docker run -e POSTGRES_PASSWORD=[redacted] -e LANG=C postgres");
    check("docker run --env=POSTGRES_PASSWORD=x postgres", "docker run --env=POSTGRES_PASSWORD=[redacted] postgres");
    check("app --password=", "app --password=");
    check("app --password", "app --password");
    check("app --password-file=hunter2", "app --password-file=[redacted]");
    check("app ＋ --пароль=x --password=пароль", "app ＋ --пароль=x --password=[redacted]");
}

#[test]
fn short_flags_count_only_after_their_program() {
    check("mysql -uroot -psecret app", "mysql -uroot -p[redacted] app");
    check("/usr/bin/mysqldump -u root -psecret app", "/usr/bin/mysqldump -u root -p[redacted] app");
    check("mysql -u root -p app", "mysql -u root -p app");
    check("sudo mariadb -psecret", "sudo mariadb -p[redacted]");
    check("sshpass -p secret ssh -p 22 host", "sshpass -p [redacted] ssh -p 22 host");
    check("sshpass -psecret ssh -p 22 host", "sshpass -p[redacted] ssh -p 22 host");
    check("redis-cli -h db -a secret ping", "redis-cli -h db -a [redacted] ping");
    check("mongosh -u root -p secret --port 27017", "mongosh -u root -p [redacted] --port 27017");
    check("ldapsearch -x -D cn=admin,dc=x -w secret -b dc=x", "ldapsearch -x -D cn=admin,dc=x -w [redacted] -b dc=x");
    check("docker login -u bob -p secret registry.example.com", "docker login -u bob -p [redacted] registry.example.com");
    check("docker exec -it db mysql -psecret", "docker exec -it db mysql -p[redacted]");
    check("curl -u bob:secret https://example.com", "curl -u bob:[redacted] https://example.com");
    check("curl -ubob:secret https://example.com", "curl -ubob:[redacted] https://example.com");
    check("curl --user bob:secret https://example.com", "curl --user bob:[redacted] https://example.com");
    check("curl --user=bob:secret https://example.com", "curl --user=bob:[redacted] https://example.com");
    check("curl -b session=abc https://example.com", "curl -b [redacted] https://example.com");
    check("smbclient //srv/share -U bob%secret", "smbclient //srv/share -U bob%[redacted]");
    check("sqlcmd -S db -U sa -P secret", "sqlcmd -S db -U sa -P [redacted]");
    check("7z a -psecret out.7z in", "7z a -p[redacted] out.7z in");
    check("xfreerdp /u:bob /p:secret /v:host", "xfreerdp /u:bob /p:[redacted] /v:host");
    check("vault login s.abc", "vault login [redacted]");
    check("rabbitmqctl add_user bob secret", "rabbitmqctl add_user bob [redacted]");
    check("htpasswd -nb bob secret", "htpasswd -nb bob [redacted]");
    check("nc -l -p 8080", "nc -l -p 8080");
}

#[test]
fn urls_and_data_sources() {
    check("psql postgresql://app:hunter2@db:5432/app", "psql postgresql://app:[redacted]@db:5432/app");
    check("app --db=postgres://app:p@ss/w0rd?#@db/app", "app --db=postgres://app:[redacted]@db/app");
    check("celery -b redis://:hunter2@redis:6379/0", "celery -b redis://:[redacted]@redis:6379/0");
    check("app amqp://u:p@h1,amqp://u:q@h2", "app amqp://u:[redacted]@h1,amqp://u:[redacted]@h2");
    check("git clone https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@github.com/a/b", "git clone https://[redacted]@github.com/a/b");
    check("sentry https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2", "sentry https://[redacted]@o1.ingest.sentry.io/2");
    check("app -dsn root:pw@tcp(127.0.0.1:3306)/app", "app -dsn root:[redacted]@tcp(127.0.0.1:3306)/app");
    check("app --dsn=root:pw@tcp(db)/app", "app --dsn=root:[redacted]@tcp(db)/app");
    check("wget https://api.example.com/v1?user=bob&token=abc&page=2", "wget https://api.example.com/v1?user=bob&token=[redacted]&page=2");
    check("app Server=db;User=sa;Password=x;Encrypt=true", "app Server=db;User=sa;Password=[redacted];Encrypt=true");
    same("curl http://[::1]:8080/x@y ftp://host/file");
    same("ssh ssh://git@host:22/repo");
}

#[test]
fn headers_documents_and_scripts() {
    assert_eq!(args(&["curl", "-H", "Authorization: Bearer abc.def"]), "curl -H Authorization: [redacted]");
    assert_eq!(args(&["curl", "-HX-Api-Key: abc def", "-H", "Accept: */*"]), "curl -HX-Api-Key: [redacted] -H Accept: */*");
    assert_eq!(args(&["app", "--password", "two words", "x"]), "app --password [redacted] x");
    assert_eq!(args(&["app", "--password=two words & more;", "x"]), "app --password=[redacted] x");
    assert_eq!(args(&["psql", "host=db password=x user=bob"]), "psql host=db password=[redacted] user=bob");
    assert_eq!(args(&["app", r#"{"user":"bob","password":"a,b}c","port":1}"#]), r#"app {"user":"bob","password":"[redacted]","port":1}"#);
    assert_eq!(args(&["app", r#"{"password": "x\"y", "n": {"pass": 12}}"#]), r#"app {"password": "[redacted]", "n": {"pass": [redacted]}}"#);
    assert_eq!(args(&["app", r#""{\"token\":\"abc\",\"a\":1}""#]), r#"app "{\"token\":\"[redacted]\",\"a\":1}""#);
    assert_eq!(args(&["sh", "-c", "PASSWORD=x mysql -psecret --port 1"]), "sh -c PASSWORD=[redacted] mysql -p[redacted] --port 1");
    assert_eq!(args(&["sh", "-lc", "app --token 'a b' --port 1"]), "sh -lc app --token [redacted] --port 1");
    assert_eq!(args(&["sh", "-c", "echo it's; app --token abc; don't"]), "sh -c echo it's; app --token [redacted] don't");
    assert_eq!(line("sh -c 'mysql -u root -psecret'"), "sh -c 'mysql -u root -p[redacted]'");
    assert_eq!(line("curl -H Authorization: Bearer abc https://x"), "curl -H Authorization: [redacted] https://x");
    assert_eq!(args(&["curl", "--header=Authorization: Custom abc def", "x"]), "curl --header=Authorization: [redacted] x");
    assert_eq!(line("curl -H Cookie: a=b; c=d https://x"), "curl -H Cookie: [redacted] https://x");
    assert_eq!(line("curl -H 'Authorization: Basic abc' https://x"), "curl -H 'Authorization: [redacted]' https://x");
    assert_eq!(line("mysql -e \"ALTER USER bob IDENTIFIED BY 'x y'\""), "mysql -e \"ALTER USER bob IDENTIFIED BY [redacted]\"");
    assert_eq!(args(&["mysql", "-e", "CREATE USER bob IDENTIFIED BY 'x y'"]), "mysql -e CREATE USER bob IDENTIFIED BY [redacted]");
    assert_eq!(args(&["app", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"]), "app [redacted]");
    assert_eq!(line("app password = x y"), "app password = [redacted] y");
}

#[test]
fn tokens_known_by_their_shape() {
    for token in [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG0123456789_abcdefghijklmnop",
        "glpat-abcdefghij0123456789",
        "xoxb-123456789012-abcdefghijkl",
        "sk_live_abcdefghijklmnop1234",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "hvs.CAESIJabcdefghijklmnop",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "kD3f/9sLq2XvT0pWb7Yh+RzN1cJm5UoGiE8aVtQx",
        "pZ7bQ3xK9mR2vT5wY8nL1cF4hJ6",
    ] {
        check(&format!("app {token} x"), "app [redacted] x");
        check(&format!("app --id={token},x"), "app --id=[redacted],x");
    }
}

#[test]
fn environment_is_hidden_unless_allowed() {
    let none = Redactor::new();
    assert_eq!(none.env("PATH=/bin"), ("PATH".into(), MARKER.into()));
    assert_eq!(none.env("EMPTY="), ("EMPTY".into(), "".into()));
    assert_eq!(none.env("BARE"), ("BARE".into(), "".into()));
    assert_eq!(none.env("A=b=c"), ("A".into(), MARKER.into()));
    let some = Redactor::allowing(["LANG", "SPRING_*"]).unwrap();
    assert_eq!(some.env("LANG=C"), ("LANG".into(), "C".into()));
    assert_eq!(some.env("lang=C").1, MARKER);
    assert_eq!(some.env("LANGUAGE=C").1, MARKER);
    assert_eq!(some.env("SPRING_PASSWORD=x").1, "x");
    assert_eq!(Redactor::allowing(["*"]).unwrap().env("X=y").1, "y");
    let long = format!("{}={}", "N".repeat(1000), "é".repeat(1000));
    let (name, value) = Redactor::allowing(["*"]).unwrap().env(&long).clone();
    assert!(name.len() <= MAX_NAME_BYTES && value.len() <= MAX_VALUE_BYTES && value.ends_with(ELLIPSIS));
}

#[test]
fn allowed_names_are_shown_in_arguments_and_labels() {
    let some = Redactor::allowing(["token", "my.secret", "PGPASSWORD"]).unwrap();
    assert_eq!(
        some.args(["app", "--token", "x", "--token=y", "PGPASSWORD=z", "--password", "w"]).join(" "),
        "app --token x --token=y PGPASSWORD=z --password [redacted]"
    );
    assert_eq!(some.label("my.secret", "x"), "x");
    assert_eq!(some.label("your.secret", "x"), MARKER);
}

#[test]
fn patterns_are_checked() {
    for pattern in ["", "A*B", "*A", "**"] {
        assert_eq!(Redactor::allowing([pattern]).unwrap_err(), RedactError::Pattern { pattern: pattern.into() });
    }
    assert_eq!(Redactor::allowing(vec!["A"; MAX_ALLOWED + 1]).unwrap_err(), RedactError::TooMany);
}

#[test]
fn labels() {
    let none = Redactor::new();
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (key, value) in [
        ("app", "web"),
        ("com.docker.compose.config-hash", hash),
        ("com.docker.compose.project.config_files", "/srv/secret-app/compose.yml"),
        ("traefik.http.routers.auth.rule", "Host(`auth.example.com`)"),
        ("org.opencontainers.image.url", "https://github.com/a/b"),
        ("app.kubernetes.io/name", "secrets-operator"),
        ("io.kubernetes.container.terminationMessagePath", "/dev/termination-log"),
        ("password", ""),
    ] {
        assert_eq!(none.label(key, value), value, "{key}");
    }
    for key in ["DB_PASSWORD", "com.example.api-key", "traefik.http.middlewares.a.basicauth.users", "secret", "oauth.clientSecret", "Auth"] {
        assert_eq!(none.label(key, "x"), MARKER, "{key}");
    }
    assert_eq!(none.label("url", "http://a:b@c/"), "http://a:[redacted]@c/");
}

#[test]
fn long_command_lines_are_cut() {
    let many = vec!["x".repeat(100); 1000];
    let shown = Redactor::new().args(&many);
    assert!(shown.iter().map(|arg| arg.len() + 1).sum::<usize>() <= MAX_COMMAND_BYTES);
    assert_eq!(shown.last().unwrap(), ELLIPSIS);
    assert!(shown.len() > 30);
    let shown = Redactor::new().args(["é".repeat(100_000)]);
    assert!(shown[0].len() <= MAX_VALUE_BYTES && shown[0].ends_with(ELLIPSIS));
    assert!(line(&"é ".repeat(100_000)).len() <= MAX_COMMAND_BYTES);
}

/// Texts on which a rule that looked ahead for each character would take minutes.
#[test]
fn hostile_texts_take_linear_time() {
    for piece in [
        "=",
        "a=",
        "token=",
        "token_file=/",
        "\"",
        "'",
        "a='",
        "token=\"",
        "://",
        "a://b:c@",
        "a:b@",
        "eyJ.",
        "SG.",
        "-----BEGIN ",
        "\\\"",
        "sh -c ",
        "x' ",
        "password: ",
        "é=",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        let shown = line(&text);
        assert!(shown.len() <= MAX_COMMAND_BYTES, "{piece}");
        assert_eq!(line(&shown), shown, "{piece}");
        let shown = Redactor::new().args([&text]);
        assert_eq!(Redactor::new().args(&shown), shown, "{piece}");
    }
}

/// Pieces that the rules look for, so that generated texts meet them.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[ -~]{0,6}",
        1 => "\\PC{0,4}",
        4 => prop::sample::select(vec![
            " ", "  ", "=", ":", ": ", "'", "\"", "\\\"", "@", "://", "/", ",", ";", "&", "?", "--password", "--token", "-p", "mysql", "sh", "-c", "curl", "-u", "a:b",
            "http://u:p@h", "Authorization: Bearer", "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJIUzI1NiJ9.e.f", "[redacted]", "…", "password", "SECRET=", "identified", "by", "{",
            "}", "[", "]", "-----BEGIN ", "PRIVATE KEY", "@sha256:", "vault", "login", "\n", "=>", "max_token=12", "token_file=/x", "pZ7bQ3xK9mR2vT5wY8nL1cF4hJ6",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A secret with everything a password may hold, and none that the surrounding text could hold as well.
fn secret() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9!#$%^*_+~.Zé]{6,40}".prop_map(|s| format!("q{s}Q"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_second_redaction_changes_nothing(text in pieces(), more in prop::collection::vec(pieces(), 0..6)) {
        let redactor = Redactor::new();
        let once = redactor.command_line(&text).into_owned();
        prop_assert_eq!(redactor.command_line(&once), once.as_str());
        let once = redactor.label("app", &text).into_owned();
        prop_assert_eq!(redactor.label("app", &once), once.as_str());
        let once = redactor.args(&more);
        prop_assert_eq!(redactor.args(&once), once);
    }

    #[test]
    fn secrets_never_appear(secret in secret(), before in "[a-z]{1,8}", after in "[a-z]{1,8}") {
        let redactor = Redactor::new();
        for arg in [
            format!("--password={secret}"),
            format!("--{before}-token={secret}"),
            format!("{before}_SECRET={secret}"),
            format!("postgres://{before}:{secret}@{after}/x"),
            format!("{before}:{secret}@tcp({after})/x"),
            format!("Authorization: Bearer {secret}"),
            format!("X-Api-Key: {secret}"),
            format!("{{\"{before}\":1,\"password\":\"{secret}\"}}"),
            format!("Server={before};Password={secret};Db={after}"),
            format!("http://{after}/?a={before}&access_token={secret}&b=1"),
            format!("host={before} password={secret} user={after}"),
            format!("-----BEGIN EC PRIVATE KEY-----\n{secret}"),
        ] {
            let shown = redactor.args([&before, &arg, &after]);
            prop_assert!(!shown.join(" ").contains(&secret), "{:?}", shown);
            prop_assert_eq!(shown.last(), Some(&after));
            let line = format!("{before} {arg} {after}");
            prop_assert!(!redactor.command_line(&line).contains(&secret), "{}", line);
            prop_assert!(!redactor.label(&before, &arg).contains(&secret), "{}", arg);
            let line = format!("sh -c '{before} {arg} {after}'");
            prop_assert!(!redactor.command_line(&line).contains(&secret), "{}", line);
        }
        for pair in [["--password", &secret], ["mysql", &format!("-p{secret}")], ["-e", &format!("DB_PASS={secret}")]] {
            let shown = redactor.args([before.as_str(), pair[0], pair[1], &after]);
            prop_assert!(!shown.join(" ").contains(&secret), "{:?}", shown);
        }
        let entry = format!("{before}={secret}");
        prop_assert!(!redactor.env(&entry).1.contains(&secret));
        prop_assert!(!redactor.label("db.password", &secret).contains(&secret));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_bounded(text in pieces(), times in 1_usize..400) {
        let redactor = Redactor::new();
        let long = text.repeat(times);
        prop_assert!(redactor.command_line(&long).len() <= MAX_COMMAND_BYTES);
        prop_assert!(redactor.label("app", &long).len() <= MAX_VALUE_BYTES);
        let shown = redactor.args(vec![&text; times]);
        prop_assert!(shown.iter().map(|arg| arg.len() + 1).sum::<usize>() <= MAX_COMMAND_BYTES);
    }
}
