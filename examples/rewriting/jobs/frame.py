def paying(spark):
    return spark.table("acme-prod.library.users").filter("plan <> 'free'").select("id")
